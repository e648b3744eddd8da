//! Everything that a run finds out.

use serde::Serialize;

use crate::claims::Claim;
use crate::peers::LINES;
use crate::shapes::growth::Step;
use crate::table::Table;

#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    /// By peer.
    pub(crate) launches: Table,
    /// By what callers wait for.
    pub(crate) blocked: Table,
    /// What a launch costs as something grows.
    pub(crate) growth: Vec<Step>,
    /// By number of functions or pools.
    pub(crate) scale: Table,
    /// What the shapes claim beyond ratios between peers.
    pub(crate) claims: Vec<Claim>,
}

impl Findings {
    /// A row for each peer, and nothing in it.
    pub(crate) fn new() -> Self {
        let mut launches = Table::default();
        for &(name, role, _) in LINES {
            launches.add_row(name, role);
        }
        Self {
            launches,
            blocked: Table::default(),
            growth: Vec::new(),
            scale: Table::default(),
            claims: Vec::new(),
        }
    }
}
