//! Snapshots of the ledger all the time: no row is ever negative, goes back, or is ahead of what this program counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fire_and_forget::{Counts, Entry, ledger};
use waiting::Begun;

use crate::faults;
use crate::functions::{self, Function, Refuses};

pub(crate) struct Snapshots {
    is_over: Arc<AtomicBool>,
    thread: Begun<u64>,
}

/// Takes them until the end.
pub(crate) fn begin() -> Snapshots {
    let is_over = Arc::new(AtomicBool::new(false));
    let thread = waiting::begin({
        let is_over = is_over.clone();
        move || take(&is_over)
    });
    Snapshots { is_over, thread }
}

impl Snapshots {
    pub(crate) fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let taken = self.thread.end("the snapshots end");
        println!("{taken} snapshots");
    }
}

fn take(is_over: &AtomicBool) -> u64 {
    let mut before: Vec<Counts> = Vec::new();
    let mut taken = 0;
    while !is_over.load(Ordering::Relaxed) {
        let ledger = ledger();
        for (index, entry) in ledger.entries().iter().enumerate() {
            check(entry, before.get(index));
        }
        before.clear();
        before.extend(ledger.entries().iter().map(Entry::counts));
        taken += 1;
        thread::sleep(GAP);
    }
    taken
}

fn check(entry: &Entry, before: Option<&Counts>) {
    let now = entry.counts();
    let ended = now.ok + now.failed + now.panicked + now.lost + now.refused;
    if now.launched.checked_sub(ended) != Some(now.in_flight()) {
        faults::add(format!("`{}` is negative: {now:?}", entry.function()));
    }
    if let Some(before) = before
        && classes(before)
            .into_iter()
            .zip(classes(&now))
            .any(|(before, now)| before > now)
    {
        faults::add(format!(
            "`{}` goes back from {before:?} to {now:?}",
            entry.function()
        ));
    }
    match functions::named(entry.function()) {
        Some(function) => expect_counted_before(function, &now),
        None => faults::add(format!("`{}` is none of ours", entry.function())),
    }
}

/// Calls, bodies and reports are counted before the ledger counts them.
fn expect_counted_before(function: &Function, row: &Counts) {
    let tally = &function.tally;
    let is_ahead = row.launched > tally.calls.get()
        || row.ok > tally.ok.get()
        || row.failed > tally.failed.get()
        || row.panicked > tally.panicked.get()
        || row.lost > tally.reports.lost()
        || function.refuses != Refuses::Back && row.refused > tally.reports.refused();
    if is_ahead {
        faults::add(format!(
            "`{}` is ahead: {row:?}, but {tally:?}",
            function.name
        ));
    }
}

fn classes(counts: &Counts) -> [u64; 6] {
    let Counts {
        launched,
        ok,
        failed,
        panicked,
        lost,
        refused,
        ..
    } = *counts;
    [launched, ok, failed, panicked, lost, refused]
}

const GAP: Duration = Duration::from_micros(100);
