//! The whole runtime under shuttle: a scheduler picks the next thread at random, at every operation on what threads share.
//!
//! `RUSTFLAGS="--cfg fire_and_forget_shuttle" cargo test -p fire-and-forget --no-default-features --lib --release`
//!
//! A thread that is not woken is a deadlock here, since no long wait on a condition variable ends by itself. What the
//! memory orderings allow beyond that is for the loom models, beside the protocols.
//!
//! Statics are made once, so each schedule is played in a process of its own. A failure names its seed;
//! `FIRE_AND_FORGET_SEED=7 cargo test … NAME` plays that one again.

mod callers;
mod gate;
mod play;
mod sticky;

mod daemons;
mod flush;
mod overflow;
mod refused;
mod service;
mod shutdown;

use self::callers::{Callers, Ran};
use self::gate::Gate;
use self::play::schedules;
use crate::Counts;
use crate::stop::wait;

/// Waits until nothing is in flight, and returns the counts of all functions.
fn quiet() -> Counts {
    while !wait::is_quiet() {
        shuttle::thread::yield_now();
    }
    crate::ledger().total()
}
