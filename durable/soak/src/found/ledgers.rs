//! The ledger of each process that came to its end, held against its log and against the store.

use std::collections::{BTreeMap, HashMap};

use super::Findings;
use super::tale::{How, Process, Tale, Way};
use crate::child::Role;
use crate::store::Job;

pub(super) fn check(tale: &Tale, jobs: &HashMap<u64, &Job>, findings: &mut Findings) {
    let mut sums = Sums::default();
    let launched = launched(tale, jobs);
    let executed = executed(tale);
    for process in tale.processes.values().filter(|it| it.has_ended()) {
        sums.processes += 1;
        sums.unfinished += u64::from(process.is_finished == Some(false));
        let empty = BTreeMap::new();
        let number = process.past.process;
        for ((function, backend), row) in &process.ledger {
            sums.rows += 1;
            let key = (function.clone(), backend.clone());
            let account = Account {
                process,
                function,
                backend,
                row,
                reports: process.reports.get(&key).unwrap_or(&empty),
            };
            account.check_row(findings);
            let key = (number, function.clone());
            if backend == "launches" {
                account.check_launches(
                    launched.get(&key).copied().unwrap_or_default(),
                    &mut sums,
                    findings,
                );
            } else {
                account.check_executions(executed.get(&key).copied().unwrap_or_default(), findings);
                sums.given_up += account.reported("given-up");
            }
        }
        let is_worker = process.past.role != Role::Launcher;
        for (of, backend, counts) in [
            (!is_worker, "launches", launched.keys().collect::<Vec<_>>()),
            (is_worker, "executions", executed.keys().collect::<Vec<_>>()),
        ] {
            let missing = counts.into_iter().filter(|(of, function)| {
                let key = (function.clone(), backend.to_owned());
                *of == number && !process.ledger.contains_key(&key)
            });
            for (_, function) in missing.filter(|_| of) {
                findings.wrong(format!(
                    "process {number} has no row of the {backend} of `{function}` in its ledger"
                ));
            }
        }
    }
    sums.tell(findings);
}

/// What comes of one function in one process, by its log and the store.
#[derive(Debug, Clone, Copy, Default)]
struct Launched {
    lines: u64,
    rows: u64,
}

fn launched(tale: &Tale, jobs: &HashMap<u64, &Job>) -> HashMap<(u32, String), Launched> {
    let mut all: HashMap<(u32, String), Launched> = HashMap::new();
    for (number, launch) in &tale.launches {
        let function = match launch.way {
            Way::InTransaction { .. } => "ordered",
            _ => crate::child::function_of(*number),
        };
        let entry = all
            .entry((launch.process, function.to_owned()))
            .or_default();
        entry.lines += 1;
        entry.rows += u64::from(jobs.contains_key(number));
    }
    all
}

#[derive(Debug, Clone, Copy, Default)]
struct Executed {
    begun: u64,
    ok: u64,
    failed: u64,
    panicked: u64,
}

fn executed(tale: &Tale) -> HashMap<(u32, String), Executed> {
    let mut all: HashMap<(u32, String), Executed> = HashMap::new();
    for run in tale.runs.values().flatten() {
        let entry = all.entry((run.process, run.function.clone())).or_default();
        entry.begun += 1;
        match run.end.map(|(_, how)| how) {
            Some(How::Ok) => entry.ok += 1,
            Some(How::Failed) => entry.failed += 1,
            Some(How::Panicked) => entry.panicked += 1,
            None => {}
        }
    }
    all
}

struct Account<'a> {
    process: &'a Process,
    function: &'a str,
    backend: &'a str,
    row: &'a BTreeMap<String, u64>,
    reports: &'a BTreeMap<String, u64>,
}

impl Account<'_> {
    fn get(&self, name: &str) -> u64 {
        self.row.get(name).copied().unwrap_or(0)
    }

    fn reported(&self, what: &str) -> u64 {
        self.reports.get(what).copied().unwrap_or(0)
    }

    /// Of all kinds that begin so.
    fn reported_as(&self, kind: &str) -> u64 {
        let all = self
            .reports
            .iter()
            .filter(|(what, _)| what.starts_with(kind));
        all.map(|(_, count)| count).sum()
    }

    /// The equation, and the reports.
    fn check_row(&self, findings: &mut Findings) {
        let ends = ["in_flight", "ok", "failed", "panicked", "lost", "refused"];
        let sum = ends.iter().map(|name| self.get(name)).sum();
        self.compare("launched", self.get("launched"), "the sum", sum, findings);
        if self.process.is_finished == Some(true) {
            self.compare("in flight", self.get("in_flight"), "none", 0, findings);
        }
        for kind in ["failed", "panicked", "lost", "refused"] {
            let reported = self.reported_as(kind);
            self.compare(kind, self.get(kind), "reported", reported, findings);
        }
        self.compare("unknown", self.reported("unknown"), "none", 0, findings);
    }

    fn check_launches(&self, said: Launched, sums: &mut Sums, findings: &mut Findings) {
        self.compare(
            "launched",
            self.get("launched"),
            "in its log",
            said.lines,
            findings,
        );
        let lost = |why: &str| self.reported(&format!("lost:{why}"));
        let (spooled, abandoned) = (lost("Spooled"), lost("Abandoned"));
        let is_ordered = self.function == "ordered";
        if !is_ordered {
            // The store is asked again and again, and the disk has room: all that is left is to be spooled.
            for (what, count) in [
                ("abandoned", abandoned),
                ("dropped", lost("NeverRan")),
                ("rolled back", lost("RolledBack")),
                ("failed", self.get("failed")),
                ("in flight", self.get("in_flight")),
            ] {
                self.compare(what, count, "none", 0, findings);
            }
        }
        // A transaction of which the shutdown did not learn how it ended, or that hung, may be committed.
        let least = self.get("ok") + spooled;
        let most = least + abandoned + lost("NeverRan") + self.get("in_flight");
        if !(least..=most).contains(&said.rows) {
            self.add(
                &format!(
                    "{} are in the store, and {least} to {most} should be",
                    said.rows
                ),
                findings,
            );
        }
        sums.ok += self.get("ok");
        sums.spooled += spooled;
        sums.abandoned += abandoned;
        sums.rolled_back += lost("RolledBack");
        sums.failed += self.get("failed");
        sums.refused += self.get("refused");
        sums.jobs += said.rows;
    }

    fn check_executions(&self, said: Executed, findings: &mut Findings) {
        if self.process.is_finished == Some(true) {
            self.compare(
                "launched",
                self.get("launched"),
                "begun",
                said.begun,
                findings,
            );
            self.compare("lost", self.get("lost"), "none", 0, findings);
        }
        self.compare("ok", self.get("ok"), "ended so", said.ok, findings);
        self.compare(
            "failed",
            self.get("failed"),
            "ended so",
            said.failed,
            findings,
        );
        self.compare(
            "panicked",
            self.get("panicked"),
            "ended so",
            said.panicked,
            findings,
        );
    }

    fn compare(&self, one: &str, count: u64, other: &str, expected: u64, findings: &mut Findings) {
        if count != expected {
            self.add(&format!("{one} {count}, {other} {expected}"), findings);
        }
    }

    fn add(&self, what: &str, findings: &mut Findings) {
        let Self {
            process,
            function,
            backend,
            row,
            reports,
        } = self;
        findings.wrong(format!(
            "the {backend} of `{function}` in process {}, {}: {what}; {row:?}, reports {reports:?}",
            process.past.process,
            if process.is_finished == Some(true) {
                "which finished"
            } else {
                "which did not finish"
            }
        ));
    }
}

/// Of all processes that came to their end.
#[derive(Default)]
struct Sums {
    processes: u64,
    unfinished: u64,
    rows: u64,
    ok: u64,
    spooled: u64,
    abandoned: u64,
    rolled_back: u64,
    failed: u64,
    refused: u64,
    jobs: u64,
    given_up: u64,
}

impl Sums {
    fn tell(&self, findings: &mut Findings) {
        findings.row("ledgers of processes that ended", self.processes);
        findings.row("  their shutdown was cut short", self.unfinished);
        findings.row("  rows of functions", self.rows);
        findings.row("  launches ok: the store has them", self.ok);
        findings.row("  spooled, and stored by the next process", self.spooled);
        findings.row("  rolled back", self.rolled_back);
        findings.row(
            "  abandoned: it is not known how a transaction ended",
            self.abandoned,
        );
        findings.row("  failed: the store was away in a transaction", self.failed);
        findings.row("  refused: a shutdown had begun", self.refused);
        findings.row("  jobs of theirs in the store", self.jobs);
        findings.row("  reports of jobs that were given up", self.given_up);
    }
}
