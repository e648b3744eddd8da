//! Waiting for room: attempts in a loop for a moment, and then one after each wake-up.
//!
//! The loop pays because short bodies make room at once: 200,000 launches through a full queue take 8 futex calls, and 150
//! without it. A caller that sleeps has announced it before its last attempt, so no place becomes free unseen.

use super::foreign_backends::{self, freed};
use super::room;
use super::room::Attempt;
use crate::sync::{spin_loop, yield_now};

/// Calls `attempt` until it is over: in a loop at first, and then after each change that may have made room.
pub(crate) fn wait_until_over(mut attempt: impl FnMut() -> Attempt) {
    let mut full = match attempt() {
        Attempt::Over => return,
        Attempt::Full(full) => full,
    };
    for pause in 0..PAUSES {
        if pause < SPINS {
            (0..1 << pause).for_each(|_| spin_loop());
        } else {
            yield_now();
        }
        match attempt() {
            Attempt::Over => return,
            Attempt::Full(still) => full = still,
        }
    }
    #[cfg(feature = "tokio")]
    crate::backend::tokio::before_blocking();
    loop {
        let after = match full {
            Some((room, permit)) => room.wait(permit, &mut attempt),
            None => foreign_backends::wait(&mut attempt),
        };
        match after {
            Attempt::Over => return,
            Attempt::Full(still) => full = still,
        }
    }
}

/// Wakes all callers, since no launch is to wait for room once the process shuts down.
pub(crate) fn shut_down() {
    room::wake_everybody();
    freed();
}

/// How often a caller tries again before it sleeps. In a schedule it does not, or it would never sleep.
const PAUSES: u32 = if cfg!(fire_and_forget_shuttle) { 0 } else { 10 };
/// How many of these attempts follow a spin, and not a yield.
const SPINS: u32 = 7;
