//! What is printed, and what is written for a machine to read.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

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
        self.findings.blocked.print();
        growth::print(&self.findings.growth);
        self.findings.scale.print();
        claims::print(&self.findings.claims);
        self.machine.print();
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        serde_json::to_writer_pretty(BufWriter::new(File::create(path)?), self)?;
        println!("written to {}", path.display());
        Ok(())
    }
}
