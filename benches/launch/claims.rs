//! What is to hold against the best peer of each column, and whether it does. Printed, never enforced.

use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::peers::{Contest, LINES, Role};
use crate::shapes::{burst, counts, end_to_end, paced, sparse};
use crate::statistics::Value;
use crate::table::{Better, Column, Table, three_digits};

/// A measured number and the bar that it is held against.
#[derive(Debug, Serialize)]
pub(crate) struct Claim {
    pub(crate) what: String,
    pub(crate) ours: f64,
    /// The best peer and its number, where the bar is for the ratio.
    pub(crate) best: Option<(&'static str, f64)>,
    /// The ratio of the two.
    pub(crate) ratio: Option<f64>,
    pub(crate) bar: Bar,
    pub(crate) holds: bool,
}

/// What a number, or its ratio to that of the best peer, has to be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// For the difference from the best peer's number.
    Within(f64),
}

use self::Bar::{AtLeast, AtMost, Within};

/// The bars for ratios.
#[rustfmt::skip]
const RATIOS: &[(Contest, Column, Bar)] = &[
    (Contest::Pool,         burst::COST,           AtMost(0.5)),
    (Contest::Pool,         paced::MEDIAN,         AtMost(1.0)),
    (Contest::Pool,         paced::P99,            AtMost(0.5)),
    (Contest::Pool,         sparse::COST,          AtMost(1.0)),
    (Contest::Pool,         sparse::CPU,           AtMost(1.1)),
    (Contest::Pool,         end_to_end::ONE,       AtLeast(1.7)),
    (Contest::Pool,         end_to_end::TWO,       AtLeast(1.0)),
    (Contest::Pool,         end_to_end::FOUR,      AtLeast(1.0)),
    (Contest::Pool,         end_to_end::EIGHT,     AtLeast(1.0)),
    (Contest::TokioInside,  burst::COST,           AtMost(0.25)),
    (Contest::TokioInside,  paced::MEDIAN,         AtMost(0.3)),
    (Contest::TokioInside,  sparse::COST,          AtMost(0.7)),
    (Contest::TokioInside,  sparse::CPU,           AtMost(1.1)),
    (Contest::TokioInside,  sparse::LATENCY,       AtMost(1.4)),
    (Contest::TokioInside,  end_to_end::FROM_A_TASK, AtLeast(1.3)),
    (Contest::TokioOutside, burst::COST,           AtMost(0.3)),
    (Contest::TokioOutside, paced::MEDIAN,         AtMost(1.05)),
    (Contest::TokioOutside, sparse::COST,          AtMost(1.0)),
    (Contest::TokioOutside, sparse::CPU,           AtMost(1.1)),
    (Contest::TokioOutside, sparse::LATENCY,       AtMost(1.2)),
    (Contest::TokioOutside, end_to_end::ONE,       AtLeast(1.6)),
    (Contest::CurrentThread, burst::COST,          AtMost(1.1)),
    (Contest::TokioInside,  counts::ALLOCATIONS,   AtMost(1.0)),
    (Contest::TokioOutside, counts::ALLOCATIONS,   AtMost(1.0)),
    (Contest::TokioInside,  counts::BYTES,         Within(64.0)),
    (Contest::TokioOutside, counts::BYTES,         Within(64.0)),
    (Contest::Thread,       burst::COST,           AtMost(0.02)),
    (Contest::Thread,       sparse::COST,          AtMost(0.8)),
    (Contest::Thread,       end_to_end::ONE,       AtLeast(0.85)),
];

/// Holds what was measured against the best peer of each contest.
pub(crate) fn against_the_best(table: &Table) -> Vec<Claim> {
    let claim = |&(contest, column, bar): &(Contest, Column, Bar)| {
        let ours = |role| matches!(role, Role::Ours(in_contest) if in_contest == contest);
        let peer = |role| matches!(role, Role::Peer(in_contests) if in_contests.contains(&contest));
        let ours = values(table, column, ours).next()?;
        let best = values(table, column, peer).min_by(|(_, a), (_, b)| match column.better {
            Better::Less => a.measured.total_cmp(&b.measured),
            Better::More => b.measured.total_cmp(&a.measured),
        })?;
        let what = format!("{}: {column}", ours.0);
        Some(Claim::against(what, ours.1, best, bar))
    };
    RATIOS.iter().filter_map(claim).collect()
}

/// What the lines with such a role have in a column.
fn values(
    table: &Table,
    column: Column,
    has_role: impl Fn(Role) -> bool,
) -> impl Iterator<Item = (&'static str, &Value)> {
    LINES
        .iter()
        .filter(move |(_, role, _)| has_role(*role))
        .filter_map(move |&(name, _, _)| Some((name, table.value(name, column)?)))
}

impl Claim {
    /// The bar is for our number in comparison with the best peer's.
    pub(crate) fn against(
        what: String,
        ours: &Value,
        (peer, best): (&'static str, &Value),
        bar: Bar,
    ) -> Self {
        let ratio = ours.ratio_to(best).measured;
        Self {
            what,
            ours: ours.measured,
            best: Some((peer, best.measured)),
            ratio: Some(ratio),
            bar,
            holds: match bar {
                AtMost(bar) => ratio <= bar,
                AtLeast(bar) => ratio >= bar,
                Within(bar) => ours.measured - best.measured <= bar,
            },
        }
    }

    /// Our number itself may not be larger.
    pub(crate) fn at_most(what: &str, ours: f64, bar: f64) -> Self {
        Self {
            what: what.to_owned(),
            ours,
            best: None,
            ratio: None,
            bar: AtMost(bar),
            holds: ours <= bar,
        }
    }

    /// Our number itself may not be smaller.
    pub(crate) fn at_least(what: &str, ours: f64, bar: f64) -> Self {
        Self {
            what: what.to_owned(),
            ours,
            best: None,
            ratio: None,
            bar: AtLeast(bar),
            holds: ours >= bar,
        }
    }

    /// What is compared with the bar.
    fn compared(&self) -> String {
        match (self.best, self.ratio, self.bar) {
            (Some((_, best)), _, Within(_)) => format!("{:+.0}", self.ours - best),
            (_, Some(ratio), _) => format!("× {ratio:.3}"),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtMost(bar) => write!(f, "≤ {bar}"),
            AtLeast(bar) => write!(f, "≥ {bar}"),
            Within(bar) => write!(f, "≤ +{bar}"),
        }
    }
}

/// Prints the claims as a table.
pub(crate) fn print(claims: &[Claim]) {
    let mut text = comfy_table::Table::new();
    text.load_style(UTF8_FULL_CONDENSED);
    text.set_header(["", "ours", "best peer", "", "", "bar", ""]);
    for claim in claims {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let (peer, best) = claim.best.map_or(("", String::new()), |(peer, best)| {
            (peer, three_digits(best))
        });
        text.add_row([
            Cell::new(&claim.what),
            right(three_digits(claim.ours)),
            right(best),
            Cell::new(peer),
            right(claim.compared()),
            Cell::new(claim.bar),
            Cell::new(if claim.holds { "✓" } else { "✗" }),
        ]);
    }
    if !claims.is_empty() {
        println!("{text}");
    }
}
