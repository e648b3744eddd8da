//! Whether each run had a reason to be.

use std::collections::BTreeMap;

use super::Findings;
use super::tale::{How, Run, Tale};
use crate::history::{Event, Fault, Told};

/// Why a job was begun again though it had not failed, or ran twice at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Killed,
    /// Its worker was stopped for so long that it counted as dead.
    Stopped,
    /// Its worker ended, and its shutdown did not come so far.
    Forced,
    Away,
}

impl Reason {
    const ALL: [Self; 4] = [Self::Killed, Self::Stopped, Self::Forced, Self::Away];

    fn name(self) -> &'static str {
        match self {
            Self::Killed => "its worker was killed",
            Self::Stopped => "its worker was stopped",
            Self::Forced => "its worker had no time to end",
            Self::Away => "the store was away",
        }
    }
}

/// What was done to whom, in the words of a reason.
struct Disturbances {
    all: Vec<(Reason, Option<u32>, u64, u64)>,
    /// In microseconds: what is over for so long before a run, or begins so long after it, is no reason.
    reach: u64,
}

pub(super) fn check(tale: &Tale, told: &Told, reach: u64, findings: &mut Findings) {
    let disturbances = Disturbances::new(tale, told, reach);
    let mut again = BTreeMap::new();
    let mut at_once = BTreeMap::new();
    let (mut runs_of_all, mut retries, mut most) = (0, 0, 0);
    for (number, runs) in &tale.runs {
        runs_of_all += runs.len();
        most = most.max(runs.len());
        for (index, run) in runs.iter().enumerate().skip(1) {
            let before = &runs[..index];
            if is_retry(before, run) {
                retries += 1;
                continue;
            }
            let earlier = &before[index - 1];
            match disturbances.between(earlier, run, &Reason::ALL) {
                Some(reason) => *again.entry(reason).or_insert(0) += 1,
                None => findings.wrong(format!(
                    "job {number} was begun again without a reason: {runs:?}"
                )),
            }
        }
        for (index, earlier) in runs.iter().enumerate() {
            let until = disturbances.end(tale, earlier);
            for later in runs[index + 1..].iter().filter(|run| run.from < until) {
                match disturbances.between(earlier, later, &Reason::ALL[1..]) {
                    Some(reason) => *at_once.entry(reason).or_insert(0) += 1,
                    None => findings.wrong(format!(
                        "job {number} ran twice at once without a reason: {runs:?}"
                    )),
                }
            }
        }
    }
    findings.row("runs", runs_of_all);
    findings.row("  after a failure or a panic", retries);
    for reason in Reason::ALL {
        let count = again.get(&reason).copied().unwrap_or(0);
        findings.row(&format!("  again, because {}", reason.name()), count);
    }
    findings.row("  of one job at most", most);
    for reason in &Reason::ALL[1..] {
        let count = at_once.get(reason).copied().unwrap_or(0);
        findings.row(&format!("twice at once, because {}", reason.name()), count);
    }
}

/// It is the first of its attempt, and the attempt before has failed.
pub(super) fn is_retry(before: &[Run], run: &Run) -> bool {
    let has_failed = |earlier: &Run| {
        earlier.attempt + 1 == run.attempt
            && earlier
                .end
                .is_some_and(|(at, how)| at <= run.from && how != How::Ok)
    };
    before.iter().any(has_failed) && before.iter().all(|earlier| earlier.attempt < run.attempt)
}

impl Disturbances {
    fn new(tale: &Tale, told: &Told, reach: u64) -> Self {
        let reason = |event: &Event| match event.fault {
            Fault::Killed(_) => Some(Reason::Killed),
            Fault::StoppedLong(_) => Some(Reason::Stopped),
            Fault::Away(_) | Fault::Held => Some(Reason::Away),
            // No reason: a job is not taken from a worker that is stopped so briefly, or has time to end.
            Fault::StoppedBriefly(_) | Fault::AskedToEnd(_) | Fault::Hurried(_) => None,
        };
        let mut all: Vec<_> = told
            .events
            .iter()
            .filter_map(|event| Some((reason(event)?, event.process, event.from, event.to)))
            .collect();
        all.extend(tale.processes.values().filter_map(|process| {
            let is_forced = process.is_finished != Some(true);
            let from = process.ending_at.filter(|_| is_forced)?;
            let number = Some(process.past.process);
            Some((Reason::Forced, number, from, process.past.ended_at))
        }));
        Self { all, reach }
    }

    /// Why the later one was begun though the earlier one was, too.
    fn between(&self, earlier: &Run, later: &Run, reasons: &[Reason]) -> Option<Reason> {
        let from = earlier.from.saturating_sub(self.reach);
        // The store has long been told of what ended before that.
        let told = earlier.end.map_or(u64::MAX, |(at, _)| at + self.reach);
        let until = later.from.min(told);
        let is_one = |(reason, process, begin, end): &&(Reason, Option<u32>, u64, u64)| {
            // The later one may be of a worker that was stopped between its fetch and its beginning.
            let concerns = match reason {
                Reason::Killed | Reason::Forced => *process == Some(earlier.process),
                Reason::Stopped | Reason::Away => process
                    .is_none_or(|process| process == earlier.process || process == later.process),
            };
            reasons.contains(reason) && concerns && *begin <= until && *end >= from
        };
        self.all
            .iter()
            .filter(is_one)
            .map(|(reason, ..)| *reason)
            .min()
    }

    /// When a run was over: at the latest with its process.
    fn end(&self, tale: &Tale, run: &Run) -> u64 {
        if let Some((at, _)) = run.end {
            return at;
        }
        let is_its = |(reason, process, ..): &&(Reason, Option<u32>, u64, u64)| {
            *reason == Reason::Killed && *process == Some(run.process)
        };
        match self.all.iter().find(is_its) {
            Some((.., killed)) => *killed,
            None => tale.processes[&run.process].past.ended_at,
        }
    }
}
