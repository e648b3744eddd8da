//! Where callers under `on_full = "block"` wait for room.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::sync::process::{AtomicBool, Condvar, Mutex, fence};
use crate::sync::{lock, spin_loop, yield_now};

/// Calls `attempt` until it returns `true`: at once, and again after each change that may have made room.
pub(crate) fn wait_until(mut attempt: impl FnMut() -> bool) {
    for pause in 0..PAUSES {
        if pause < SPINS {
            (0..1 << pause).for_each(|_| spin_loop());
        } else {
            yield_now();
        }
        if attempt() {
            return;
        }
    }
    #[cfg(feature = "tokio")]
    crate::backend::tokio::before_blocking();
    loop {
        let seen = *lock(&CHANGES);
        IS_AWAITED.store(true, Ordering::SeqCst);
        // Pairs with the fence in `freed`, and with the sequentially consistent exchange by which a worker takes an
        // item from its queue: either that thread sees that somebody waits, or the attempt sees what it freed.
        fence(Ordering::SeqCst);
        if attempt() {
            return;
        }
        let changes = lock(&CHANGES);
        // A backend of the user's may make room without our seeing it; hence the timeout.
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

/// Bodies that are over in no time make room in no time: so often a caller tries again before it sleeps, and of these so
/// often without giving way to other threads. In a schedule none of them would ever sleep.
const PAUSES: u32 = if cfg!(fire_and_forget_shuttle) { 0 } else { 10 };
const SPINS: u32 = 7;

/// How long a caller waits at most before it tries again.
const PATIENCE: Duration = Duration::from_millis(10);
