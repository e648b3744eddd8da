//! What grows with the number of annotated functions, and with that of pools.
//!
//! Each measurement has a process of its own, because a first launch and the memory of one happen once in a process.

mod functions;
mod pools;
mod process;
mod site;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arguments::Effort;
use crate::child;
use crate::claims::{Bar, Claim};
use crate::findings::Findings;
use crate::peers::Role;
use crate::statistics::{Value, quantile};
use crate::table::Column;

const FIRST: Column = Column::less("first launch", "ns");
const START: Column = Column::less("first launch, body starts", "µs");
const AGAIN: Column = Column::less("launch after that", "ns");
const IN_TURN: Column = Column::less("launch, each in turn", "ns");
const LEDGER: Column = Column::less("ledger", "µs");
const FLUSH_QUIET: Column = Column::less("flush, quiet", "µs");
const FLUSH_ONE: Column = Column::less("flush, one pending", "µs");
const FLUSH_EACH: Column = Column::less("flush, one of each", "µs");
const SHUTDOWN: Column = Column::less("shutdown, idle", "µs");
const STARTED: Column = Column::less("memory of each, started", "KiB");
const ONE: Column = Column::less("memory of each, 1 launch", "KiB");
const THOUSAND: Column = Column::less("memory of each, 1,000 launches", "KiB");
const IDLE: Column = Column::less("memory of each, idle after 16,000 launches", "KiB");
const THREADS_ONE: Column = Column::less("threads, 1 launch each", "");
const THREADS_THOUSAND: Column = Column::less("threads, 1,000 launches each", "");

/// A number that grows in steps, and what is claimed of the last one.
struct Series {
    task: &'static str,
    steps: &'static [Step],
    /// Tasks that measure one more column each, in a process of its own.
    beside: &'static [(&'static str, Column)],
    /// The last step costs at most 1.3 times the first.
    flat: &'static [Column],
    /// The last step, divided by its number, costs at most twice the step before.
    linear: &'static [Column],
    /// The same for columns that are divided by the number already.
    shares: &'static [Column],
}

/// The name of a row, and its number of functions or pools.
type Step = (&'static str, usize);

const SERIES: &[Series] = &[
    Series {
        task: FUNCTIONS,
        steps: &[
            ("1 function", 1),
            ("10 functions", 10),
            ("100 functions", 100),
            ("1,000 functions", 1000),
            ("10,000 functions", 10_000),
        ],
        beside: &[],
        flat: &[AGAIN, IN_TURN],
        linear: &[LEDGER, FLUSH_QUIET, FLUSH_ONE, FLUSH_EACH, SHUTDOWN],
        shares: &[FIRST, ONE, THOUSAND],
    },
    Series {
        task: POOLS,
        steps: &[
            ("1 pool", 1),
            ("10 pools", 10),
            ("100 pools", 100),
            ("1,000 pools", 1000),
        ],
        beside: &[(STARTED_POOLS, STARTED), (IDLE_POOLS, IDLE)],
        flat: &[AGAIN],
        linear: &[LEDGER, FLUSH_QUIET, FLUSH_ONE, FLUSH_EACH, SHUTDOWN],
        shares: &[FIRST, START, STARTED, ONE, THOUSAND, IDLE],
    },
];

pub(crate) const FUNCTIONS: &str = "functions";
pub(crate) const POOLS: &str = "pools";
pub(crate) const STARTED_POOLS: &str = "started-pools";
pub(crate) const IDLE_POOLS: &str = "idle-pools";

pub(crate) use self::functions::measure as measure_functions;
pub(crate) use self::pools::{
    measure as measure_pools, measure_idle as measure_idle_pools,
    measure_started as measure_started_pools,
};

/// Measures all steps of all series, in rounds.
pub(crate) fn scale(effort: Effort, findings: &mut Findings) {
    findings.scale.columns = COLUMNS.to_vec();
    for series in SERIES {
        let steps = match effort {
            Effort::Smoke => &series.steps[..2],
            Effort::Full | Effort::Quick => series.steps,
        };
        let mut rounds: Vec<Vec<Answer>> = steps.iter().map(|_| Vec::new()).collect();
        for _ in 0..effort.rounds(ROUNDS) {
            for ((name, amount), rounds) in steps.iter().zip(&mut rounds) {
                if effort != Effort::Smoke {
                    eprintln!("{name}…");
                }
                let amount = amount.to_string();
                let mut answer: Answer = child::count(series.task, &amount);
                for &(task, column) in series.beside {
                    answer.set(column, child::count(task, &amount));
                }
                rounds.push(answer);
            }
        }
        for (&(name, _), rounds) in steps.iter().zip(&rounds) {
            findings.scale.add_row(name, Role::Shown);
            for column in COLUMNS {
                let of_rounds = rounds.iter().filter_map(|answer| answer.get(*column));
                findings
                    .scale
                    .set(name, *column, Value::median_of(of_rounds));
            }
        }
        series.claim(findings);
    }
    for column in [ONE, IDLE] {
        if let Some(kibibytes) = findings.scale.value("1,000 pools", column) {
            let what = format!("1,000 pools: {column}");
            findings
                .claims
                .push(Claim::at_most(&what, kibibytes.measured, 64.0));
        }
    }
}

const ROUNDS: usize = 7;

const COLUMNS: &[Column] = &[
    FIRST,
    START,
    AGAIN,
    IN_TURN,
    LEDGER,
    FLUSH_QUIET,
    FLUSH_ONE,
    FLUSH_EACH,
    SHUTDOWN,
    STARTED,
    ONE,
    THOUSAND,
    IDLE,
    THREADS_ONE,
    THREADS_THOUSAND,
];

impl Series {
    /// Holds the last step against others.
    fn claim(&self, findings: &mut Findings) {
        let [first, .., before, last] = *self.steps else {
            unreachable!("a series has three steps at least")
        };
        let table = &findings.scale;
        let whole = |column: Column, (name, _): Step| Some(table.value(name, column)?.measured);
        let of_each = |column, step: Step| Some(whole(column, step)? * 1e3 / step.1 as f64);
        let hold = |what: String, ours: Option<f64>, (name, _): Step, best, bar| {
            let (ours, best) = (Value::exactly(ours?), Value::exactly(best?));
            Some(Claim::against(what, &ours, (name, &best), Bar::AtMost(bar)))
        };
        let against = |step, bar| {
            move |&column: &Column| {
                let what = format!("{}: {column}", last.0);
                hold(what, whole(column, last), step, whole(column, step), bar)
            }
        };
        let linear = |&column: &Column| {
            let what = format!("{}: {}, for each, ns", last.0, column.title);
            let (ours, best) = (of_each(column, last), of_each(column, before));
            hold(what, ours, before, best, 2.0)
        };
        let flat = self.flat.iter().filter_map(against(first, 1.3));
        let shares = self.shares.iter().filter_map(against(before, 2.0));
        let linear = self.linear.iter().filter_map(linear);
        let claims: Vec<Claim> = flat.chain(shares).chain(linear).collect();
        findings.claims.extend(claims);
    }
}

/// What a child has measured, by the title of the column.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Answer(Vec<(String, f64)>);

impl Answer {
    fn set(&mut self, column: Column, value: f64) {
        self.0.push((column.title.to_owned(), value));
    }

    fn get(&self, column: Column) -> Option<f64> {
        let value = self.0.iter().find(|(title, _)| *title == column.title);
        value.map(|(_, value)| *value)
    }
}

/// The median of what several repetitions give.
fn repeated(repetitions: usize, measure: impl FnMut() -> f64) -> f64 {
    let samples: Vec<f64> = std::iter::repeat_with(measure).take(repetitions).collect();
    quantile(&samples, 0.5)
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A build without optimization is a test, which repeats nothing.
fn repetitions(full: usize) -> usize {
    if cfg!(debug_assertions) { 1 } else { full }
}
