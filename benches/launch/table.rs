//! What was measured, by peer and column.

use std::collections::BTreeMap;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

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

/// The peers in the order in which they were given, the columns in the order in which they were measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) is_ours: bool,
    /// By the title of the column.
    pub(crate) values: BTreeMap<&'static str, Value>,
}

impl Table {
    pub(crate) fn add_row(&mut self, name: &'static str, is_ours: bool) {
        self.rows.push(Row {
            name,
            is_ours,
            values: BTreeMap::new(),
        });
    }

    pub(crate) fn set(&mut self, name: &str, column: Column, value: Value) {
        if !self.columns.contains(&column) {
            self.columns.push(column);
        }
        let row = self.rows.iter_mut().find(|row| row.name == name);
        row.expect("each peer has a row")
            .values
            .insert(column.title, value);
    }

    pub(crate) fn value(&self, name: &str, column: Column) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        Some(row.values.get(column.title)?.measured)
    }

    /// As text; a row that has no value is left out.
    pub(crate) fn print(&self) {
        let mut text = comfy_table::Table::new();
        text.load_style(UTF8_FULL_CONDENSED);
        let titles = self.columns.iter().map(|column| {
            let title = column.title.replace(", ", ",\n");
            Cell::new(format!("{title}\n{}", column.unit)).set_alignment(CellAlignment::Right)
        });
        text.set_header(std::iter::once(Cell::new("")).chain(titles));
        for row in self.rows.iter().filter(|row| !row.values.is_empty()) {
            let cells = self.columns.iter().map(|column| {
                let value = row.values.get(column.title);
                let cell = value.map_or_else(String::new, |value| three_digits(value.measured));
                Cell::new(cell).set_alignment(CellAlignment::Right)
            });
            text.add_row(std::iter::once(Cell::new(row.name)).chain(cells));
        }
        println!("{text}");
    }
}

/// A number with three significant digits, and all of those before the point.
pub(crate) fn three_digits(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
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
