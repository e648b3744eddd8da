//! What is printed, and what is written for a machine to read.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::claims::{self, Claim};
use crate::machine::Machine;
use crate::table::Table;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    table: Table,
    claims: Vec<Claim>,
}

impl Report {
    pub(crate) fn of(table: Table) -> Self {
        Self {
            machine: Machine::describe(),
            claims: claims::against_the_best(&table),
            table,
        }
    }

    pub(crate) fn print(&self) {
        self.table.print();
        claims::print(&self.claims);
        self.machine.print();
    }

    /// Writes it as JSON, by default to where the build goes.
    pub(crate) fn write(&self, path: Option<&Path>) -> io::Result<()> {
        let path = path.map_or_else(default_path, Path::to_owned);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        serde_json::to_writer_pretty(BufWriter::new(File::create(&path)?), self)?;
        println!("written to {}", path.display());
        Ok(())
    }
}

/// `cargo bench` runs in the folder of the package; the build goes to the workspace's.
fn default_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/launch.json")
}
