//! What is to hold against the best peer of each column, and whether it does. Printed, never enforced.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::peers::{Contest, LINES, Role};
use crate::shapes::{burst, end_to_end, paced, sparse};
use crate::table::{Better, Column, Table, three_digits};

/// A measured number and the bar that it is held against.
#[derive(Debug, Serialize)]
pub(crate) struct Claim {
    pub(crate) what: String,
    pub(crate) ours: f64,
    /// The best peer and its number, where the bar is for the ratio.
    pub(crate) best: Option<(&'static str, f64)>,
    pub(crate) bar: Bar,
    pub(crate) holds: bool,
}

/// What a number, or its ratio to that of the best peer, has to be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

use self::Bar::{AtLeast, AtMost};

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
    (Contest::TokioInside,  burst::COST,           AtMost(1.1)),
    (Contest::TokioInside,  paced::MEDIAN,         AtMost(1.1)),
    (Contest::TokioInside,  sparse::COST,          AtMost(1.1)),
    (Contest::TokioOutside, burst::COST,           AtMost(1.1)),
    (Contest::TokioOutside, paced::MEDIAN,         AtMost(1.1)),
    (Contest::TokioOutside, sparse::COST,          AtMost(1.1)),
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
            Better::Less => a.total_cmp(b),
            Better::More => b.total_cmp(a),
        })?;
        let what = format!("{}: {}, {}", ours.0, column.title, column.unit);
        Some(Claim::of_ratio(what, ours.1, best, bar))
    };
    RATIOS.iter().filter_map(claim).collect()
}

/// What the lines with such a role have in a column.
fn values(
    table: &Table,
    column: Column,
    has_role: impl Fn(Role) -> bool,
) -> impl Iterator<Item = (&'static str, f64)> {
    LINES
        .iter()
        .filter(move |(_, role, _)| has_role(*role))
        .filter_map(move |&(name, _, _)| Some((name, table.value(name, column)?)))
}

impl Claim {
    /// The bar is for our number in units of the best peer's.
    pub(crate) fn of_ratio(what: String, ours: f64, best: (&'static str, f64), bar: Bar) -> Self {
        Self {
            what,
            ours,
            best: Some(best),
            bar,
            holds: bar.holds_for(ours / best.1),
        }
    }

    fn ratio(&self) -> Option<f64> {
        self.best.map(|(_, best)| self.ours / best)
    }
}

impl Bar {
    fn holds_for(self, number: f64) -> bool {
        match self {
            AtMost(bar) => number <= bar,
            AtLeast(bar) => number >= bar,
        }
    }
}

/// Prints the claims as a table.
pub(crate) fn print(claims: &[Claim]) {
    let mut text = comfy_table::Table::new();
    text.load_style(UTF8_FULL_CONDENSED);
    text.set_header(["", "ours", "best peer", "", "ratio", "bar", ""]);
    for claim in claims {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let (peer, best) = claim.best.map_or(("", String::new()), |(peer, best)| {
            (peer, three_digits(best))
        });
        let bar = match claim.bar {
            AtMost(bar) => format!("≤ {bar}"),
            AtLeast(bar) => format!("≥ {bar}"),
        };
        text.add_row([
            Cell::new(&claim.what),
            right(three_digits(claim.ours)),
            right(best),
            Cell::new(peer),
            right(
                claim
                    .ratio()
                    .map_or_else(String::new, |ratio| format!("{ratio:.3}")),
            ),
            Cell::new(bar),
            Cell::new(if claim.holds { "✓" } else { "✗" }),
        ]);
    }
    println!("{text}");
}
