//! What was measured, by peer and column.

use std::collections::BTreeMap;
use std::{fmt, iter};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::peers::Role;
use crate::statistics::Value;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Less,
    More,
}

impl Column {
    pub(crate) const fn less(title: &'static str, unit: &'static str) -> Self {
        Self {
            title,
            unit,
            better: Better::Less,
        }
    }

    pub(crate) const fn more(title: &'static str, unit: &'static str) -> Self {
        Self {
            title,
            unit,
            better: Better::More,
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            "" => f.write_str(self.title),
            unit => write!(f, "{}, {unit}", self.title),
        }
    }
}

/// The peers in the order in which they were given, the columns in the order in which they were measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// By the title of the column.
    pub(crate) values: BTreeMap<&'static str, Value>,
}

impl Table {
    pub(crate) fn add_row(&mut self, name: &'static str, role: Role) {
        self.rows.push(Row {
            name,
            role,
            values: BTreeMap::new(),
        });
    }

    /// Sets what was measured; what is not a number was not.
    pub(crate) fn set(&mut self, name: &str, column: Column, value: Value) {
        if !value.measured.is_finite() {
            return;
        }
        if !self.columns.contains(&column) {
            self.columns.push(column);
        }
        let row = self.rows.iter_mut().find(|row| row.name == name);
        let row = row.expect("each peer has a row");
        row.values.insert(column.title, value);
    }

    pub(crate) fn value(&self, name: &str, column: Column) -> Option<&Value> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        row.values.get(column.title)
    }

    /// As text: the columns in blocks that fit a screen, each with the rows that have something in it.
    pub(crate) fn print(&self) {
        for columns in self.columns.chunks(10) {
            let has_any = |row: &&Row| {
                let mut titles = columns.iter().map(|column| column.title);
                titles.any(|title| row.values.contains_key(title))
            };
            println!("{}", text_of(columns, self.rows.iter().filter(has_any)));
        }
    }
}

fn text_of<'a>(columns: &[Column], rows: impl Iterator<Item = &'a Row>) -> comfy_table::Table {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut text = comfy_table::Table::new();
    text.load_style(UTF8_FULL_CONDENSED);
    let titles = columns.iter().map(|column| {
        let title = column.title.replace(", ", ",\n").replace(": ", ":\n");
        right(format!("{title}\n{}", column.unit))
    });
    text.set_header(iter::once(Cell::new("")).chain(titles));
    for row in rows {
        let cells = columns.iter().map(|column| {
            let value = row.values.get(column.title);
            right(value.map_or_else(String::new, |value| three_digits(value.measured)))
        });
        text.add_row(iter::once(Cell::new(row.name)).chain(cells));
    }
    text
}

/// A number with three significant digits, and all of those before the point.
pub(crate) fn three_digits(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{number:.decimals$}");
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Digits with a comma before every third from the end.
pub(crate) fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
