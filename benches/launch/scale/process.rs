//! Costs of the whole process: its ledger, its flushes, its shutdown, its memory, its threads.

use std::fs;
use std::time::{Duration, Instant};

use crate::body::{self, PLUG};
use crate::scale::{microseconds, repeated, repetitions};
use crate::shapes::counts;

/// Microseconds of a snapshot, without its destructor.
pub(super) fn ledger() -> f64 {
    repeated(repetitions(50), || {
        let begun = Instant::now();
        let ledger = fire_and_forget::ledger();
        let cost = begun.elapsed();
        drop(ledger);
        microseconds(cost)
    })
}

/// Microseconds of a flush that finds nothing in flight.
pub(super) fn flush_quiet() -> f64 {
    repeated(repetitions(50), || flush(|| ()))
}

/// Microseconds of a flush that finds one launch running.
///
/// `launch` launches a body that waits at the gate.
pub(super) fn flush_one(launch: impl Fn(String, u64)) -> f64 {
    repeated(repetitions(50), || {
        body::set_gate(false);
        for text in body::owed_texts(1) {
            launch(text, PLUG);
        }
        wait_at_gate(1);
        flush(|| body::set_gate(true))
    })
}

/// Microseconds from the call of `flush` to its end. `release` ends what it waits for.
pub(super) fn flush(release: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    let wait = fire_and_forget::flush(Duration::MAX);
    release();
    wait.wait().expect("this is no body, and no deadline comes");
    microseconds(begun.elapsed())
}

/// Waits until so many bodies are at the gate.
pub(super) fn wait_at_gate(bodies: usize) {
    while body::at_gate() < bodies {
        std::thread::yield_now();
    }
}

/// Microseconds of a shutdown that finds nothing in flight. The process launches nothing after it.
pub(super) fn shutdown() -> f64 {
    let begun = Instant::now();
    let wait = fire_and_forget::shutdown(Duration::MAX);
    wait.wait().expect("this is no body, and no deadline comes");
    microseconds(begun.elapsed())
}

/// Resident memory in bytes. The summary of all mappings is exact on Linux, where other counters are off by some pages
/// per processor.
pub(super) fn resident_bytes() -> f64 {
    let summary = fs::read_to_string("/proc/self/smaps_rollup");
    let kibibytes = summary.ok().and_then(|summary| {
        let line = summary.lines().find_map(|line| line.strip_prefix("Rss:"))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    });
    kibibytes.map_or_else(counts::resident_bytes, |kibibytes| kibibytes * 1024.0)
}

/// How many threads there are. None where the system does not say.
pub(super) fn threads() -> Option<f64> {
    let threads = fs::read_dir("/proc/self/task").ok()?;
    Some(threads.count() as f64)
}
