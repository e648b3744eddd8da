//! Callers that wait for room in a backend of the user's, which does not say when it has room.
//!
//! They try again after each launch that leaves a queue or ends anywhere in the process, and at least every [`PATIENCE`].

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::room::Attempt;
use crate::sync::lock;
use crate::sync::process::{AtomicBool, Condvar, Mutex, fence};

/// Waits until an attempt finds room, or has to wait for something that this crate knows of.
pub(super) fn wait(attempt: &mut impl FnMut() -> Attempt) -> Attempt {
    loop {
        let seen = *lock(&CHANGES);
        IS_AWAITED.store(true, Ordering::SeqCst);
        // Pairs with the fence in `freed`, and with the sequentially consistent exchange by which a worker takes an item
        // from its queue: that thread sees that a caller waits, or this attempt sees what it freed.
        fence(Ordering::SeqCst);
        let after = attempt();
        if !matches!(after, Attempt::Full(None)) {
            return after;
        }
        let changes = lock(&CHANGES);
        // The backend may make room that this crate does not see, hence the timeout.
        let _ = CHANGED
            .wait_timeout_while(changes, PATIENCE, |changes| *changes == seen)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Does a caller wait? Asked after a sequentially consistent exchange on what was freed: see `wait`.
#[inline]
pub(crate) fn is_awaited() -> bool {
    IS_AWAITED.load(Ordering::SeqCst)
}

/// Wakes the callers, if there are any: a launch left its queue or ended, or the process began to shut down.
#[inline]
pub(crate) fn freed() {
    fence(Ordering::SeqCst);
    if is_awaited() {
        wake_all();
    }
}

/// Wakes all callers that wait, once: a caller that finds no room announces itself again.
#[cold]
pub(crate) fn wake_all() {
    if IS_AWAITED.swap(false, Ordering::SeqCst) {
        let mut changes = lock(&CHANGES);
        *changes = changes.wrapping_add(1);
        CHANGED.notify_all();
    }
}

/// Set by each caller before its attempt, and cleared by the thread that wakes all.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

/// Counts the changes, so that none is missed between an attempt and the wait after it.
static CHANGES: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();

/// How long a caller waits at most before it tries again.
const PATIENCE: Duration = Duration::from_millis(10);
