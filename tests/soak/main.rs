//! Everything at once, for as long as is asked: `soak --seconds 600` mixes all backends and policies, counts each launch
//! for itself, and holds the ledger against its own counts whenever all is quiet. At the end it shuts down under load.
//!
//! `cargo run --release -p tests --bin soak -- --seconds 60 [--seed N] [--only runtimes]`
//!
//! With `--only runtimes`, most of the load is on tokio runtimes that come and go.
//!
//! Prints a line every ten seconds and a table at the end. Exits with 1 if anything was wrong, and says what.

mod account;
mod alarm;
mod backends;
mod callers;
mod faults;
mod functions;
mod live_bytes;
mod parcel;
mod process;
mod quiet;
mod runtimes;
mod snapshots;
mod tally;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fire_and_forget::{flush, ledger, shutdown};
use tokio::runtime::Runtime;
use waiting::{PATIENCE, Random, any_seed, begin};

use crate::callers::{Kind, Load};

fn main() -> ExitCode {
    let Some(Arguments { time, seed, kind }) = Arguments::parse(std::env::args().skip(1)) else {
        eprintln!("usage: soak [--seconds N] [--seed N] [--only runtimes]");
        return ExitCode::from(2);
    };
    println!("soak for {} s, with the seed {seed}", time.as_secs());
    tally::observe();
    // What waits in vain panics, and says what it waits for.
    if catch_unwind(|| soak(time, seed, kind)).is_err() {
        faults::add("gave up".to_owned());
    }
    println!("\n{}", ledger());
    match faults::all() {
        faults if faults.is_empty() => {
            println!("\nall accounts balance");
            ExitCode::SUCCESS
        }
        faults => {
            println!("\nwrong, with the seed {seed}:");
            for fault in faults {
                println!("  {fault}");
            }
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    time: Duration,
    seed: u64,
    kind: Kind,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let (mut seconds, mut seed, mut kind) = (60, any_seed(), Kind::Everything);
        while let Some(word) = words.next() {
            let value = words.next()?;
            match (&*word, &*value) {
                ("--seconds", _) => seconds = value.parse().ok()?,
                ("--seed", _) => seed = value.parse().ok()?,
                ("--only", "runtimes") => kind = Kind::Runtimes,
                _ => return None,
            }
        }
        Some(Self {
            time: Duration::from_secs(seconds),
            seed,
            kind,
        })
    }
}

/// Rounds of load, each with a moment of quiet after it.
fn soak(time: Duration, seed: u64, kind: Kind) {
    let began = Instant::now();
    let mut random = Random::new(seed);
    let mut told = Duration::ZERO;
    let mut moments = quiet::Moments::new();
    let given = runtimes::give(&mut random);
    let snapshots = snapshots::begin();
    while began.elapsed() < time && faults::all().is_empty() {
        let load = Load::begin(kind, &mut random);
        std::thread::sleep(ROUND + random.shorter_than(ROUND));
        load.end();
        let waiting_since = Instant::now();
        if !becomes_quiet() {
            return;
        }
        backends::expect_quiet();
        account::check("while open");
        moments.add(waiting_since.elapsed());
        if began.elapsed() >= told + LINE {
            told = began.elapsed();
            println!("{:>5} s  {}", told.as_secs(), moments.last());
        }
    }
    moments.check();
    shut_down_under_load(kind, given, &mut random);
    snapshots.end();
}

/// Waits until nothing is in flight, and tells what it waits for if that takes long.
fn becomes_quiet() -> bool {
    if let Err(unfinished) = flush(LONG).wait() {
        println!("not quiet after {LONG:?}: {unfinished}");
    }
    let result = flush(PATIENCE).wait();
    if let Err(unfinished) = &result {
        faults::add(format!("not quiet after {PATIENCE:?}: {unfinished}"));
    }
    result.is_ok()
}

fn shut_down_under_load(kind: Kind, given: Option<Runtime>, random: &mut Random) {
    let load = Load::begin(kind, random);
    std::thread::sleep(ROUND / 4);
    if let Some(runtime) = given {
        runtimes::go_away(runtime, random);
        std::thread::sleep(ROUND / 4);
    }
    let began = Instant::now();
    if let Err(unfinished) = begin(|| shutdown(PATIENCE / 2).wait()).end("the shutdown") {
        faults::add(format!(
            "not shut down after {:?}: {unfinished}",
            PATIENCE / 2
        ));
        return;
    }
    println!("shut down under load in {} ms", began.elapsed().as_millis());
    load.end();
    let total = ledger().total();
    if total.in_flight() != 0 {
        faults::add(format!("in flight after the shutdown: {total:?}"));
    }
    account::check("after the shutdown");
    process::expect_no_threads_of_ours();
}

const ROUND: Duration = Duration::from_millis(500);
/// A busy machine takes so long now and then; a launch that waits for an idle worker to retire takes longer.
const LONG: Duration = Duration::from_secs(5);
const LINE: Duration = Duration::from_secs(10);
