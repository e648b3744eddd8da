//! Plays a scenario under many schedules, each in a process of its own.
//!
//! The test starts its own executable once for each seed, with the seed in the environment; that process plays the
//! scenario.

use std::env;
use std::num::NonZeroUsize;
use std::process::{Command, Output, exit};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use shuttle::Runner;

use super::sticky::Sticky;

/// Makes a test of each scenario.
macro_rules! schedules {
    ($($scenario:ident)*) => {
        mod schedules {
            $(
                #[test]
                fn $scenario() {
                    $crate::schedules::play::play(
                        concat!(module_path!(), "::", stringify!($scenario)),
                        super::$scenario,
                    );
                }
            )*
        }
    };
}
pub(super) use schedules;

/// Plays the scenario under the seed in the environment, or, without one, under each seed in a process of its own.
pub(super) fn play(name: &str, scenario: fn()) {
    match env::var(SEED) {
        Ok(seed) => play_one(seed.parse().expect("a seed is a number"), scenario),
        Err(_) => play_all(name),
    }
}

fn play_one(seed: u64, scenario: fn()) {
    let config = shuttle::Config::default();
    Runner::new(Sticky::new(seed), config).run(move || {
        scenario();
        // The service thread never ends, and the scheduler would call that a deadlock.
        exit(PLAYED)
    });
}

fn play_all(name: &str) {
    let (_, path) = name
        .split_once("::")
        .expect("the crate, and the path in it");
    let seeds: u64 = env::var(SEEDS).map_or(FEW, |seeds| seeds.parse().expect("a number"));
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let Output {
                        status,
                        stdout,
                        stderr,
                    } = Command::new(env::current_exe().expect("this test"))
                        .args(["--exact", path, "--nocapture"])
                        .env(SEED, seed.to_string())
                        .env("RUST_BACKTRACE", "0")
                        .env("SHUTTLE_SILENCE_WARNINGS", "1")
                        .output()
                        .expect("it can be run again");
                    assert!(
                        status.code() == Some(PLAYED),
                        "{SEED}={seed} fails `{path}`, {status}:\n{}{}",
                        String::from_utf8_lossy(&stdout),
                        String::from_utf8_lossy(&stderr),
                    );
                }
            });
        }
    });
}

const SEED: &str = "FIRE_AND_FORGET_SEED";
const SEEDS: &str = "FIRE_AND_FORGET_SEEDS";
const FEW: u64 = 200;

/// The exit code of a scenario that was played to its end. A filter that matches no test would exit with another one.
const PLAYED: i32 = 42;
