//! `backend = "durable"`, against a store in memory.

mod accounts;
mod arguments;
mod contexts;
mod jobs;
mod outbox;
mod store;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use fire_and_forget::{Counts, Report};

/// What an observer has seen of each function.
struct Seen {
    function: String,
    backend: String,
    line: String,
}

/// The rows of a function: launches, and executions.
fn counts(function: &str) -> [Counts; 2] {
    ["durable", "durable worker"].map(|backend| {
        fire_and_forget::ledger()
            .entries()
            .iter()
            .find(|entry| entry.function() == function && entry.backend() == backend)
            .map_or(Counts::default(), fire_and_forget::Entry::counts)
    })
}

/// The lines that were reported of a function, by launches and by executions.
fn reports(function: &str) -> Vec<(String, String)> {
    observe();
    seen()
        .iter()
        .filter(|it| it.function == function)
        .map(|it| (it.backend.clone(), it.line.clone()))
        .collect()
}

/// To be called before anything that is to be seen.
fn observe() {
    static OBSERVED: OnceLock<()> = OnceLock::new();
    OBSERVED.get_or_init(|| {
        fire_and_forget::set_observer(|report: &Report<'_>| {
            seen().push(Seen {
                function: report.function().to_owned(),
                backend: report.backend().to_owned(),
                // With the context that it is in, if there is one.
                line: match contexts::tenant() {
                    Some(tenant) => format!("{report} [{tenant}]"),
                    None => report.to_string(),
                },
            });
        })
        .expect("the first observer");
    });
}

fn seen() -> MutexGuard<'static, Vec<Seen>> {
    static SEEN: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}
