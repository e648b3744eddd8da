//! What was done in each rough time and in the calm after it, and whether the calm was used.

use super::Findings;
use super::runs::is_retry;
use super::tale::{How, Tale};
use crate::history::{Calm, Told};

/// What the logs say of a time.
#[derive(Default)]
struct Load {
    launched: usize,
    done: usize,
    /// Begun again though the attempt before had not failed.
    repeated: usize,
}

pub(super) fn check(tale: &Tale, told: &Told, findings: &mut Findings) {
    for (index, round) in told.rounds.iter().enumerate() {
        let Calm { from, to, .. } = round.calm;
        let name = format!("rough {}", index + 1);
        findings.time(
            &name,
            round.began,
            from,
            &Load::of(tale, round.began, from),
            "",
        );
        let calm = format!("calm {}", index + 1);
        let about = about(&round.calm);
        findings.time(&calm, from, to, &Load::of(tale, from, to), &about);
        check_calm(index + 1, &round.calm, findings);
    }
    let orphans: usize = told.rounds.iter().map(|round| round.calm.orphans).sum();
    if orphans == 0 {
        findings
            .wrong("no calm found anything that a dead worker had left: it shows nothing".into());
    }
}

/// Nothing is neither done nor dead that was there when the calm began.
fn check_calm(number: usize, calm: &Calm, findings: &mut Findings) {
    if calm.left.is_empty() {
        return;
    }
    let (left, open) = (calm.left.len(), calm.open);
    let (taken_over, orphans) = (calm.taken_over, calm.orphans);
    let first = &calm.left[0];
    findings.wrong(format!(
        "at the end of calm {number}, {left} of {open} jobs that were open when it began still are, such as the row {first}; \
         {taken_over} of {orphans} that dead workers held were taken over"
    ));
}

fn about(calm: &Calm) -> String {
    let settled = match calm.settled {
        Some(micros) => format!("settled after {} ms", micros / 1000),
        None => format!("{} left", calm.left.len()),
    };
    let Calm {
        open,
        orphans,
        taken_over,
        ..
    } = calm;
    format!("; {taken_over} of {orphans} taken over, of {open} open: {settled}")
}

impl Load {
    fn of(tale: &Tale, from: u64, to: u64) -> Self {
        let is_within = |at: &u64| (from..to).contains(at);
        let launches = tale.launches.values();
        let mut load = Self {
            launched: launches.filter(|launch| is_within(&launch.at)).count(),
            ..Self::default()
        };
        for runs in tale.runs.values() {
            let ends = runs.iter().filter_map(|run| run.end);
            let ok = ends.filter(|(_, how)| *how == How::Ok);
            let first = ok.map(|(at, _)| at).min();
            load.done += usize::from(first.as_ref().is_some_and(is_within));
            let again = (1..runs.len()).filter(|index| !is_retry(&runs[..*index], &runs[*index]));
            load.repeated += again.filter(|index| is_within(&runs[*index].from)).count();
        }
        load
    }
}

impl Findings {
    fn time(&mut self, name: &str, from: u64, to: u64, load: &Load, about: &str) {
        let Load {
            launched,
            done,
            repeated,
        } = load;
        let secs = to.saturating_sub(from) / 1_000_000;
        self.row(
            name,
            format!("{secs} s, {launched} launched, {done} done, {repeated} repeated{about}"),
        );
    }
}
