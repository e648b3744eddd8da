//! Scenarios that need a process of their own: `scenario NAME` plays one. `behavior/process/` runs them and says what
//! each must print.

mod daemons;
mod destructors;
#[cfg(feature = "durable")]
mod durable;
mod environment;
mod exit;
mod faults;
mod feeding;
mod first_launches;
mod flush;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod fork_handlers;
#[cfg(target_os = "linux")]
mod idle;
mod limited;
#[cfg(target_os = "linux")]
mod memory;
mod observer;
mod panics;
#[cfg(target_os = "linux")]
mod refused_threads;
mod runtime;
mod service;
mod shutdown;
#[cfg(target_os = "linux")]
mod tenants;
#[cfg(target_os = "linux")]
mod thread_keys;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod unload;

use std::process::ExitCode;

type Scenario = (&'static str, fn());

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let scenarios = [
        daemons::ends::SCENARIOS,
        daemons::restarts::SCENARIOS,
        daemons::stopping::SCENARIOS,
        daemons::waits::SCENARIOS,
        destructors::SCENARIOS,
        #[cfg(feature = "durable")]
        durable::SCENARIOS,
        environment::SCENARIOS,
        exit::SCENARIOS,
        faults::SCENARIOS,
        feeding::SCENARIOS,
        first_launches::SCENARIOS,
        flush::SCENARIOS,
        #[cfg(unix)]
        fork::SCENARIOS,
        #[cfg(unix)]
        fork_handlers::SCENARIOS,
        #[cfg(target_os = "linux")]
        idle::SCENARIOS,
        limited::SCENARIOS,
        #[cfg(target_os = "linux")]
        memory::SCENARIOS,
        observer::SCENARIOS,
        panics::SCENARIOS,
        #[cfg(target_os = "linux")]
        refused_threads::SCENARIOS,
        runtime::SCENARIOS,
        service::SCENARIOS,
        shutdown::admission::SCENARIOS,
        shutdown::calls::SCENARIOS,
        shutdown::deadline::SCENARIOS,
        shutdown::guard::SCENARIOS,
        shutdown::join::SCENARIOS,
        shutdown::places::SCENARIOS,
        shutdown::race::SCENARIOS,
        #[cfg(target_os = "linux")]
        tenants::SCENARIOS,
        #[cfg(target_os = "linux")]
        thread_keys::SCENARIOS,
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        unload::SCENARIOS,
    ];
    for (known, play) in scenarios.into_iter().flatten() {
        if *known == name {
            play();
            return ExitCode::SUCCESS;
        }
    }
    eprintln!("no scenario `{name}`");
    ExitCode::from(2)
}

/// Lists functions under their own names.
macro_rules! scenarios {
    ($($(#[$attribute:meta])* $scenario:ident),* $(,)?) => {
        pub(crate) const SCENARIOS: &[$crate::Scenario] = &[
            $($(#[$attribute])* (stringify!($scenario), $scenario)),*
        ];
    };
}
use scenarios;

/// The counts of one function of this binary, as "launched ok failed panicked lost refused".
#[track_caller]
fn counts(function: &str) -> [u64; 6] {
    let ledger = fire_and_forget::ledger();
    let Some(entry) = ledger.get(&format!("scenario::{function}")) else {
        panic!("`{function}` has not launched");
    };
    let counts = entry.counts();
    [
        counts.launched,
        counts.ok,
        counts.failed,
        counts.panicked,
        counts.lost,
        counts.refused,
    ]
}
