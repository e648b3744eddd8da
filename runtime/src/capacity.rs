//! Where callers under `on_full = "block"` wait for room.

use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sync::lock;

/// Calls `attempt` until it returns `true`: at once, and again after each change that may have made room.
pub(crate) fn wait_until(mut attempt: impl FnMut() -> bool) {
    BLOCKED.fetch_add(1, Ordering::SeqCst);
    loop {
        let seen = *lock(&CHANGES);
        // Pairs with the fence in `freed`: either that thread sees this one in BLOCKED, or the attempt sees what
        // it freed.
        fence(Ordering::SeqCst);
        if attempt() {
            break;
        }
        let changes = lock(&CHANGES);
        // A backend of the user's may make room without our seeing it; hence the timeout.
        let _ = CHANGED
            .wait_timeout_while(changes, FOREIGN_BACKEND, |changes| *changes == seen)
            .unwrap_or_else(PoisonError::into_inner);
    }
    BLOCKED.fetch_sub(1, Ordering::SeqCst);
}

/// There may be room: a launch left its queue or ended, or the process began to shut down.
#[inline]
pub(crate) fn freed() {
    fence(Ordering::SeqCst);
    if BLOCKED.load(Ordering::Relaxed) != 0 {
        announce();
    }
}

#[cold]
fn announce() {
    let mut changes = lock(&CHANGES);
    *changes = changes.wrapping_add(1);
    CHANGED.notify_all();
}

/// Callers waiting for room.
static BLOCKED: AtomicUsize = AtomicUsize::new(0);

/// Counts the changes, so that none is missed between an attempt and the wait after it.
static CHANGES: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();

/// How long a caller waits at most before it tries again: short enough for a queue that frees unseen.
const FOREIGN_BACKEND: Duration = Duration::from_millis(10);
