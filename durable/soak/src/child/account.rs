//! The ledger of a process at its end, and what its observer has seen.

use std::collections::BTreeMap;
use std::panic;
use std::sync::{Mutex, PoisonError};

use fire_and_forget::{Event, Report, ledger, set_observer};

use super::functions::DELIBERATE;
use crate::child::log;

static REPORTS: Mutex<BTreeMap<(&str, &str, String), u64>> = Mutex::new(BTreeMap::new());

/// Counts all reports from now on, and keeps the panics of bodies off standard error.
pub(super) fn observe() {
    if set_observer(count).is_err() {
        unreachable!("nobody else sets one");
    }
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str();
        if text.is_none_or(|text| !text.starts_with(DELIBERATE)) {
            default(info);
        }
    }));
}

fn count(report: &Report<'_>) {
    let what = match report.event() {
        Event::Failed(_) => "failed".to_owned(),
        Event::Panicked(_) => "panicked".to_owned(),
        Event::GivenUp { .. } => "given-up".to_owned(),
        Event::Lost(loss) => format!("lost:{loss:?}"),
        Event::Refused(refusal) => format!("refused:{refusal:?}"),
        _ => "unknown".to_owned(),
    };
    let key = (report.function(), backend(report.backend()), what);
    let mut reports = REPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    *reports.entry(key).or_default() += 1;
}

/// To be called when nothing is launched or run any more.
pub(super) fn write() {
    let ledger = ledger();
    log::write(ledger.entries().iter().map(|entry| {
        let counts = entry.counts();
        format!(
            "ledger {} {} launched={} in_flight={} ok={} failed={} panicked={} lost={} refused={}",
            entry.function(),
            backend(entry.backend()),
            counts.launched,
            counts.in_flight(),
            counts.ok,
            counts.failed,
            counts.panicked,
            counts.lost,
            counts.refused
        )
    }));
    let reports = REPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    log::write(reports.iter().map(|((function, backend, what), count)| {
        format!("reports {function} {backend} {what} {count}")
    }));
}

/// In one word.
fn backend(name: &'static str) -> &'static str {
    match name {
        "durable" => "launches",
        "durable worker" => "executions",
        other => other,
    }
}
