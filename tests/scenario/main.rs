//! Scenarios that need a process of their own: `scenario NAME` plays one. `behavior/process/` runs them and says what
//! each must print.

mod destructors;
mod environment;
mod exit;
mod feeding;
mod flush;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod memory;
mod observer;
mod runtime;
mod shutdown;

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

type Scenario = (&'static str, fn());

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let scenarios = [
        destructors::SCENARIOS,
        environment::SCENARIOS,
        exit::SCENARIOS,
        feeding::SCENARIOS,
        flush::SCENARIOS,
        #[cfg(target_os = "linux")]
        idle::SCENARIOS,
        #[cfg(target_os = "linux")]
        memory::SCENARIOS,
        observer::SCENARIOS,
        runtime::SCENARIOS,
        shutdown::admission::SCENARIOS,
        shutdown::calls::SCENARIOS,
        shutdown::deadline::SCENARIOS,
        shutdown::guard::SCENARIOS,
        shutdown::join::SCENARIOS,
        shutdown::places::SCENARIOS,
        shutdown::race::SCENARIOS,
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

/// A body's wait for the scenario: it goes on when the other half is dropped.
fn gate() -> (Sender<()>, Receiver<()>) {
    channel()
}

/// Waits at a gate.
fn pass(gate: &Receiver<()>) {
    let _ = gate.recv_timeout(PATIENCE);
}

/// Waits for a message of a body.
#[track_caller]
fn receive<T>(messages: &Receiver<T>) -> T {
    match messages.recv_timeout(PATIENCE) {
        Ok(message) => message,
        Err(error) => panic!("no message from a body: {error}"),
    }
}

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

/// Waits until something is so that no message tells.
#[track_caller]
fn wait_until(what: &str, is_met: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is_met() {
        assert!(begun.elapsed() < PATIENCE, "still waiting: {what}");
        std::thread::yield_now();
    }
}
