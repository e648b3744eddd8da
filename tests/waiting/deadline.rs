//! The patience of all waits.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything here takes: what is waited for so long does not come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so that no message tells.
///
/// # Panics
///
/// When it is not so in time.
#[track_caller]
pub fn wait_until(what: impl Display, is_met: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_met() {
        assert!(begun.elapsed() < PATIENCE, "still waiting: {what}");
        thread::yield_now();
    }
}
