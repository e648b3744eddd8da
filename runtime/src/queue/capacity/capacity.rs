//! Waiting for room: again and again for a moment, and then asleep.

use super::elsewhere::{self, freed};
use super::room::{self, Permit, Room};
use crate::sync::{spin_loop, yield_now};

/// What came of one attempt to launch.
pub(crate) enum Attempt {
    /// Nothing is left to wait for.
    Over,
    /// It has to wait in this room, for this permit if it is for one; none where only its backend, one of the user's, knows.
    Full(Option<(&'static Room, Option<Permit>)>),
}

/// Calls `attempt` until that is over: at once, and again after each change that may have made room.
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
            None => elsewhere::wait(&mut attempt),
        };
        match after {
            Attempt::Over => return,
            Attempt::Full(still) => full = still,
        }
    }
}

/// The process shuts down: nobody is to wait for room any more.
pub(crate) fn shut_down() {
    room::wake_everybody();
    freed();
}

/// Bodies that are over in no time make room in no time: so often a caller tries again before it sleeps, and of these so
/// often without giving way to other threads. In a schedule none of them would ever sleep.
const PAUSES: u32 = if cfg!(fire_and_forget_shuttle) { 0 } else { 10 };
const SPINS: u32 = 7;
