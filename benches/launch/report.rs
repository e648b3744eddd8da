//! What is printed, and what is written for a machine to read.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::claims;
use crate::findings::Findings;
use crate::machine::Machine;
use crate::shapes::growth;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    #[serde(flatten)]
    findings: Findings,
}

impl Report {
    /// Adds to what was found how it compares.
    pub(crate) fn of(mut findings: Findings) -> Self {
        let mut claims = claims::against_the_best(&findings.launches);
        claims.append(&mut findings.claims);
        findings.claims = claims;
        Self {
            machine: Machine::describe(),
            findings,
        }
    }

    pub(crate) fn print(&self) {
        self.findings.launches.print();
        growth::print(&self.findings.growth);
        claims::print(&self.findings.claims);
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
