//! The comparison: each function's row of the ledger with what this program has counted.

use std::sync::atomic::Ordering;

use fire_and_forget::{Counts, Entry, ledger};

use crate::faults;
use crate::functions::{self, Function, Loses, Refuses};

/// Compares all functions, at a moment of quiet.
pub(crate) fn check(when: &str) {
    let ledger = ledger();
    for function in functions::ALL {
        let row = ledger.get(function.name).map(Entry::counts);
        let account = Account {
            when,
            function,
            // Where it has not launched yet, all is zero.
            row: row.unwrap_or_default(),
        };
        account.check_row();
        account.check_bodies();
        account.check_promises();
    }
}

struct Account<'a> {
    when: &'a str,
    function: &'static Function,
    row: Counts,
}

impl Account<'_> {
    /// Each class of the ledger, with what callers and bodies say, and with the reports.
    fn check_row(&self) {
        let (row, tally) = (self.row, &self.function.tally);
        let reports = &tally.reports;
        self.compare("launched", row.launched, "calls", tally.calls.get());
        self.compare("ok", row.ok, "bodies that were", tally.ok.get());
        self.compare("failed", row.failed, "bodies that did", tally.failed.get());
        self.compare(
            "panicked",
            row.panicked,
            "bodies that did",
            tally.panicked.get(),
        );
        let failures = reports.failed.get() + tally.handled.get();
        self.compare("failed", row.failed, "reported or handled", failures);
        self.compare("panicked", row.panicked, "reported", reports.panicked.get());
        self.compare("lost", row.lost, "reported", reports.lost());
        let refusals = reports.refused() + tally.given_back.get();
        self.compare("refused", row.refused, "reported or given back", refusals);
        self.compare("in flight", row.in_flight(), "none", 0);
    }

    /// What became of bodies and arguments.
    fn check_bodies(&self) {
        let (row, tally) = (self.row, &self.function.tally);
        let reports = &tally.reports;
        let (begun, interrupted) = (tally.begun.get(), tally.interrupted.get());
        let ended = row.ok + row.failed + row.panicked + interrupted;
        self.compare("begun", begun, "ended", ended);
        let never_begun = row.refused + reports.evicted.get() + reports.never_ran.get();
        self.compare(
            "calls",
            tally.calls.get(),
            "begun or not",
            begun + never_begun,
        );
        let reported = reports.dropped_while_running.get();
        self.compare("interrupted", interrupted, "reported", reported);
        let dropped = tally.dropped_arguments.get();
        self.compare("calls", tally.calls.get(), "arguments dropped", dropped);
        let running = tally.running.load(Ordering::SeqCst);
        self.compare("running", running.unsigned_abs(), "none", 0);
    }

    /// What its backend and its options promise.
    fn check_promises(&self) {
        let (row, tally) = (self.row, &self.function.tally);
        let reports = &tally.reports;
        let (evicted, never_ran) = (reports.evicted.get(), reports.never_ran.get());
        match self.function.loses {
            Loses::Nobody => self.compare("lost", row.lost, "none", 0),
            Loses::Evicting => self.compare("lost", row.lost, "evicted", evicted),
            Loses::Runtimes => self.compare("evicted", evicted, "none", 0),
            Loses::Backend => {
                self.compare("dropped", tally.discarded.get(), "reported", never_ran);
                self.compare("swapped out", tally.swapped_out.get(), "reported", evicted);
                let interrupted = tally.interrupted.get();
                self.compare("cut off", tally.cut_off.get(), "interrupted", interrupted);
            }
        }
        match self.function.refuses {
            Refuses::Aloud => self.compare("given back", tally.given_back.get(), "none", 0),
            Refuses::Back => self.compare("refusals reported", reports.refused(), "none", 0),
            Refuses::Never => {
                let in_shutdown = reports.shutting_down.get();
                self.compare("refused", row.refused, "in the shutdown", in_shutdown);
            }
        }
        let most = tally.most_running.load(Ordering::SeqCst);
        if self.function.limit.is_some_and(|limit| most > limit) {
            self.add_fault(&format!("{most} bodies at once"));
        }
    }

    fn compare(&self, one: &str, count: u64, other: &str, expected: u64) {
        if count != expected {
            self.add_fault(&format!("{one} {count}, {other} {expected}"));
        }
    }

    fn add_fault(&self, fault: &str) {
        let Self {
            when,
            function,
            row,
        } = self;
        faults::add(format!(
            "`{}` {when}: {fault}; {row:?}, {:?}",
            function.name, function.tally
        ));
    }
}
