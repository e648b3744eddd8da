//! Scenarios that need a process of their own: `scenario NAME` plays one. The file of the same path in `behavior/` runs
//! them, and says what each must print.

mod account;
mod backends;
mod liveness;
#[cfg(target_os = "linux")]
mod resources;
mod stop;
mod system;

use std::process::ExitCode;

type Scenario = (&'static str, fn());

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let scenarios = [
        account::SCENARIOS,
        backends::SCENARIOS,
        liveness::SCENARIOS,
        #[cfg(target_os = "linux")]
        resources::SCENARIOS,
        stop::SCENARIOS,
        system::SCENARIOS,
    ];
    for (known, play) in scenarios.into_iter().flatten().copied().flatten() {
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

/// The name in the ledger of a function of the module where this stands.
macro_rules! named {
    ($function:ident) => {
        concat!(module_path!(), "::", stringify!($function))
    };
}
use named;

/// The counts of the function of this name, as "launched ok failed panicked lost refused".
#[track_caller]
fn counts(function: &str) -> [u64; 6] {
    let ledger = fire_and_forget::ledger();
    let Some(entry) = ledger.get(function) else {
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
