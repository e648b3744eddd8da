//! What the chart reads of the benchmark's results.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) launches: Table,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    compiler: String,
}

impl Machine {
    /// The compiler without its commit.
    pub(crate) fn release(&self) -> &str {
        self.compiler.split(" (").next().unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Column {
    pub(crate) title: String,
    pub(crate) better: Better,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Less,
    More,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    role: Role,
    pub(crate) values: BTreeMap<String, Value>,
}

impl Row {
    /// Whether it takes part in one of these contests, and is ours there.
    pub(crate) fn is_ours_in(&self, contests: &[&str]) -> Option<bool> {
        let is_one = |contest: &String| contests.contains(&contest.as_str());
        match &self.role {
            Role::Ours(contest) if is_one(contest) => Some(true),
            Role::Peer(peers) if peers.iter().any(is_one) => Some(false),
            Role::Ours(_) | Role::Peer(_) | Role::Shown => None,
        }
    }
}

#[derive(Debug, Deserialize)]
enum Role {
    Ours(String),
    Peer(Vec<String>),
    Shown,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Value {
    pub(crate) measured: f64,
    pub(crate) lower_quartile: f64,
    pub(crate) upper_quartile: f64,
}
