//! What is printed, and what is written for a machine to read.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use crate::Result;
use crate::comparison::{Bar, Comparison, Value};
use crate::machine::Machine;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    comparisons: Vec<Comparison>,
}

impl Report {
    pub(crate) fn of(comparisons: Vec<Comparison>) -> Self {
        Self {
            machine: Machine::describe(),
            comparisons,
        }
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header(["", "", "", "ours", "peer's", "", "ratio", "bar", ""]);
        for comparison in &self.comparisons {
            let question = comparison.question;
            let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            table.add_row([
                Cell::new(comparison.store),
                Cell::new(question.what),
                Cell::new(question.unit),
                right(with_quartiles(comparison.ours)),
                right(with_quartiles(comparison.peers)),
                Cell::new(question.peer),
                right(with_quartiles(comparison.ratio)),
                Cell::new(match question.bar {
                    Bar::AtMost(bar) => format!("≤ {bar}"),
                    Bar::AtLeast(bar) => format!("≥ {bar}"),
                }),
                Cell::new(if comparison.holds { "✓" } else { "✗" }),
            ]);
        }
        println!("{table}");
        println!("medians of the rounds, and their quartiles");
        self.machine.print();
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        serde_json::to_writer_pretty(BufWriter::new(File::create(path)?), self)?;
        println!("written to {}", path.display());
        Ok(())
    }
}

fn with_quartiles(value: Value) -> String {
    let [median, lower, upper] =
        [value.median, value.lower_quartile, value.upper_quartile].map(digits);
    format!("{median} ({lower}–{upper})")
}

/// Three digits, and all of those before the point.
fn digits(number: f64) -> String {
    let decimals = match number {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}
