//! Whether the caller's cost grows: with the launches that wait, with annotated functions, with the arguments.
//!
//! Every worker is occupied, so that a launch wakes nobody and nobody takes what was launched.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use comfy_table::Cell;
use fire_and_forget::{Pool, fire_and_forget};
use futures::executor::block_on;
use serde::Serialize;

use crate::body::{self, PLAIN, work};
use crate::claims::{Bar, Claim};
use crate::findings::Findings;
use crate::peer::{Peer, WORKERS, nanoseconds};
use crate::peers::{crossbeam_channel, send_by_hand};
use crate::statistics::Value;
use crate::table::{grouped, three_digits};

/// How one thing grows, and what a launch costs meanwhile.
struct Series {
    what: &'static str,
    /// Whose workers are occupied.
    peer: fn() -> Peer,
    amounts: &'static [usize],
    /// Nanoseconds per launch; called when every worker is occupied.
    measure: fn(amount: usize) -> f64,
}

#[rustfmt::skip]
const SERIES: &[Series] = &[
    Series { what: "launches that wait",      peer: ours,     amounts: &[250, 8192, 16_000], measure: with_waiting },
    Series { what: "annotated functions",     peer: ours,     amounts: &[1, 10, 100, 1000],  measure: with_functions },
    Series { what: BY_HAND,                   peer: crossbeam_channel, amounts: &[1, 10, 100, 1000],  measure: with_functions_by_hand },
    Series { what: "bytes of arguments",      peer: ours,     amounts: &[8, 32, 64, 96],     measure: with_bytes },
];

/// Nothing is claimed of it. It shows what part of the growth is that of any code that is called more rarely.
const BY_HAND: &str = "functions on a channel";

/// What a launch costs at one amount of what grows.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    what: &'static str,
    amount: usize,
    nanoseconds: Value,
}

pub(crate) fn growth(_: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    for series in SERIES {
        let pool = (series.peer)();
        let mut costs = vec![Vec::new(); series.amounts.len()];
        for round in 0..=rounds {
            for turn in 0..series.amounts.len() {
                let step = (round + turn) % series.amounts.len();
                block_on(pool.plug());
                let cost = (series.measure)(series.amounts[step]);
                block_on(pool.unplug());
                if round > 0 {
                    costs[step].push(cost);
                }
            }
        }
        let steps = series
            .amounts
            .iter()
            .zip(costs)
            .map(|(&amount, costs)| Step {
                what: series.what,
                amount,
                nanoseconds: Value::median_of(costs),
            });
        let steps: Vec<Step> = steps.collect();
        if series.what != BY_HAND {
            findings.claims.push(flat(&steps));
        }
        findings.growth.extend(steps);
    }
}

/// The dearest step against the cheapest.
fn flat(steps: &[Step]) -> Claim {
    let mut costs: Vec<&Value> = steps.iter().map(|step| &step.nanoseconds).collect();
    costs.sort_by(|a, b| a.measured.total_cmp(&b.measured));
    let (cheapest, dearest) = (costs[0], costs[costs.len() - 1]);
    Claim::against(
        format!("dearest step as {} grow, ns", steps[0].what),
        dearest,
        ("the cheapest step", cheapest),
        Bar::AtMost(1.2),
    )
}

/// A pool of ours, with a function that is none of the [`annotated`] ones.
pub(crate) fn ours() -> Peer {
    Peer::new(launch)
}

pub(crate) static POOL: Pool = Pool::new("growth").threads(WORKERS).queue(QUEUE);
pub(crate) const QUEUE: usize = 16_384;

#[fire_and_forget(backend = POOL)]
fn launch(text: String, number: u64) {
    work(text, number);
}

fn with_waiting(amount: usize) -> f64 {
    // The least is not zero, since the first launches of all find the caches cold.
    for text in body::owed_texts(amount) {
        launch(text, PLAIN);
    }
    let texts = body::owed_texts(250);
    time(texts, |text| launch(text, PLAIN))
}

fn with_functions(amount: usize) -> f64 {
    with_each_of(FUNCTIONS, amount)
}

fn with_functions_by_hand(amount: usize) -> f64 {
    with_each_of(FUNCTIONS_BY_HAND, amount)
}

/// One after the other, again and again.
fn with_each_of(functions: &[[[Launch; 10]; 10]], amount: usize) -> f64 {
    let functions = functions.as_flattened().as_flattened();
    let mut functions = functions.iter().take(amount).cycle();
    let texts = body::owed_texts(8000);
    time(texts, |text| {
        if let Some(launch) = functions.next() {
            launch(text, PLAIN);
        }
    })
}

/// A thousand annotated functions on [`POOL`], of which nobody else calls any.
pub(crate) fn annotated() -> &'static [Launch] {
    FUNCTIONS.as_flattened().as_flattened()
}

pub(crate) type Launch = fn(String, u64);

macro_rules! function {
    () => {{
        #[fire_and_forget(backend = POOL)]
        fn launch(text: String, number: u64) {
            work(text, number);
        }
        launch
    }};
}

macro_rules! function_by_hand {
    () => {{
        fn launch(text: String, number: u64) {
            send_by_hand(Box::new(move || work(text, number)));
        }
        launch
    }};
}

macro_rules! ten {
    ($one:ident $(of $what:ident)?) => {
        [
            $one!($($what)?), $one!($($what)?), $one!($($what)?), $one!($($what)?), $one!($($what)?),
            $one!($($what)?), $one!($($what)?), $one!($($what)?), $one!($($what)?), $one!($($what)?),
        ]
    };
}

macro_rules! hundred {
    ($one:ident) => {
        ten!(ten of $one)
    };
}

/// A thousand functions each. A build without optimization is a test, and must not take long.
#[cfg(not(debug_assertions))]
macro_rules! many {
    ($one:ident) => {
        &ten!(hundred of $one)
    };
}

#[cfg(debug_assertions)]
macro_rules! many {
    ($one:ident) => {
        &[hundred!($one)]
    };
}

static FUNCTIONS: &[[[Launch; 10]; 10]] = many!(function);
static FUNCTIONS_BY_HAND: &[[[Launch; 10]; 10]] = many!(function_by_hand);

fn with_bytes(amount: usize) -> f64 {
    match amount {
        8 => time_words::<1>(),
        32 => time_words::<4>(),
        64 => time_words::<8>(),
        _ => time_words::<12>(),
    }
}

fn time_words<const WORDS: usize>() -> f64 {
    #[fire_and_forget(backend = POOL)]
    fn launch<const WORDS: usize>(words: [u64; WORDS]) {
        black_box(words);
    }

    time(0..4000, |_: u32| launch([black_box(0); WORDS]))
}

/// Nanoseconds per launch.
pub(crate) fn time<T>(
    arguments: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    launch: impl FnMut(T),
) -> f64 {
    let arguments = arguments.into_iter();
    let launches = arguments.len();
    let begun = Instant::now();
    arguments.for_each(launch);
    nanoseconds(begun.elapsed()) / launches as f64
}

/// Prints each series as a line.
pub(crate) fn print(steps: &[Step]) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    for steps in steps.chunk_by(|one, next| one.what == next.what) {
        let cells = steps.iter().map(|step| {
            let cost = three_digits(step.nanoseconds.measured);
            Cell::new(format!("{}: {cost} ns", grouped(&step.amount.to_string())))
        });
        table.add_row(std::iter::once(Cell::new(steps[0].what)).chain(cells));
    }
    if !steps.is_empty() {
        println!("{table}");
    }
}
