//! Those who wait for room in a backend of the user's, which does not say when it has some.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::capacity::Attempt;
use crate::sync::lock;
use crate::sync::process::{AtomicBool, Condvar, Mutex, fence};

/// Waits until an attempt finds room, or has to wait for something that this crate knows of.
pub(super) fn wait(attempt: &mut impl FnMut() -> Attempt) -> Attempt {
    loop {
        let seen = *lock(&CHANGES);
        IS_AWAITED.store(true, Ordering::SeqCst);
        // Pairs with the fence in `freed`, and with the sequentially consistent exchange by which a worker takes an
        // item from its queue: either that thread sees that somebody waits, or the attempt sees what it freed.
        fence(Ordering::SeqCst);
        let after = attempt();
        if !matches!(after, Attempt::Full(None)) {
            return after;
        }
        let changes = lock(&CHANGES);
        // Such a backend may make room without our seeing it; hence the timeout.
        let _ = CHANGED
            .wait_timeout_while(changes, PATIENCE, |changes| *changes == seen)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Does anybody wait for room? To be asked after an exchange on what was freed.
#[inline]
pub(crate) fn is_awaited() -> bool {
    IS_AWAITED.load(Ordering::SeqCst)
}

/// There may be room: a launch left its queue or ended, or the process began to shut down.
#[inline]
pub(crate) fn freed() {
    fence(Ordering::SeqCst);
    if is_awaited() {
        announce();
    }
}

/// Wakes all who wait. Once: whoever finds no room says again that it waits.
#[cold]
pub(crate) fn announce() {
    if IS_AWAITED.swap(false, Ordering::SeqCst) {
        let mut changes = lock(&CHANGES);
        *changes = changes.wrapping_add(1);
        CHANGED.notify_all();
    }
}

/// Set by each caller before it looks whether there is room, and cleared by who wakes them.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

/// Counts the changes, so that none is missed between an attempt and the wait after it.
static CHANGES: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();

/// How long a caller waits at most before it tries again.
const PATIENCE: Duration = Duration::from_millis(10);
