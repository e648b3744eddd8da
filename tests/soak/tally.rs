//! What the program counts for itself, apart from the ledger: calls by callers, bodies by bodies, reports by an observer.

use std::panic;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use fire_and_forget::{Event, Loss, Refusal, Report, set_observer};

use crate::{faults, functions};

/// The counts of one function.
#[derive(Debug)]
pub(crate) struct Tally {
    // By callers.
    pub(crate) calls: Count,
    pub(crate) given_back: Count,
    // By arguments.
    pub(crate) dropped_arguments: Count,
    // By bodies.
    pub(crate) begun: Count,
    pub(crate) ok: Count,
    pub(crate) failed: Count,
    pub(crate) panicked: Count,
    /// Futures that were dropped after they had begun.
    pub(crate) interrupted: Count,
    pub(crate) running: AtomicI64,
    pub(crate) most_running: AtomicI64,
    // By the error handler.
    pub(crate) handled: Count,
    // By backends of this program: what they dropped, gave up for another launch, and dropped after it had begun.
    pub(crate) discarded: Count,
    pub(crate) swapped_out: Count,
    pub(crate) cut_off: Count,
    // By the observer.
    pub(crate) reports: Reports,
}

impl Tally {
    pub(crate) const fn new() -> Self {
        Self {
            calls: Count::new(),
            given_back: Count::new(),
            dropped_arguments: Count::new(),
            begun: Count::new(),
            ok: Count::new(),
            failed: Count::new(),
            panicked: Count::new(),
            interrupted: Count::new(),
            running: AtomicI64::new(0),
            most_running: AtomicI64::new(0),
            handled: Count::new(),
            discarded: Count::new(),
            swapped_out: Count::new(),
            cut_off: Count::new(),
            reports: Reports::new(),
        }
    }
}

/// Reports by what they say.
#[derive(Debug)]
pub(crate) struct Reports {
    pub(crate) failed: Count,
    pub(crate) panicked: Count,
    pub(crate) evicted: Count,
    pub(crate) never_ran: Count,
    pub(crate) dropped_while_running: Count,
    pub(crate) full: Count,
    pub(crate) over_limit: Count,
    pub(crate) shutting_down: Count,
}

impl Reports {
    const fn new() -> Self {
        Self {
            failed: Count::new(),
            panicked: Count::new(),
            evicted: Count::new(),
            never_ran: Count::new(),
            dropped_while_running: Count::new(),
            full: Count::new(),
            over_limit: Count::new(),
            shutting_down: Count::new(),
        }
    }

    pub(crate) fn lost(&self) -> u64 {
        self.evicted.get() + self.never_ran.get() + self.dropped_while_running.get()
    }

    pub(crate) fn refused(&self) -> u64 {
        self.full.get() + self.over_limit.get() + self.shutting_down.get()
    }
}

/// Goes up by one. Sequentially consistent, so that what is counted before the ledger counts it is never seen after.
#[derive(Debug)]
pub(crate) struct Count(AtomicU64);

impl Count {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counts all reports from now on, and keeps the panics of bodies off standard error.
pub(crate) fn observe() {
    if set_observer(count).is_err() {
        unreachable!("nobody else sets one");
    }
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<&str>();
        if text.is_none_or(|text| !text.starts_with(DELIBERATE)) {
            default(info);
        }
    }));
}

fn count(report: &Report<'_>) {
    let Some(function) = functions::named(report.function()) else {
        faults::add(format!("a report of an unknown function: {report}"));
        return;
    };
    let reports = &function.tally.reports;
    let counter = match report.event() {
        Event::Failed(_) => &reports.failed,
        Event::Panicked(text) if text.starts_with(DELIBERATE) => &reports.panicked,
        Event::Lost(Loss::Evicted) => &reports.evicted,
        Event::Lost(Loss::NeverRan) => &reports.never_ran,
        Event::Lost(Loss::DroppedWhileRunning) => &reports.dropped_while_running,
        Event::Refused(Refusal::Full) => &reports.full,
        Event::Refused(Refusal::MaxInFlight) => &reports.over_limit,
        Event::Refused(Refusal::ShuttingDown) => &reports.shutting_down,
        _ => {
            faults::add(format!(
                "a report that nothing here is the cause of: {report}"
            ));
            return;
        }
    };
    counter.add();
}

/// With this, the texts of panics begin that are part of the load.
pub(crate) const DELIBERATE: &str = "deliberate";
