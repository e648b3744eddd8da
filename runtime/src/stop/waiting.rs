//! Does somebody wait for the end of launches? Every end asks, and most find that nobody does.

use std::sync::atomic::Ordering;

use crate::sync::process::{AtomicUsize, OnceLock};

/// What is called at ends while somebody waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listener {
    /// A function has become quiet.
    pub(crate) is_quiet: fn(),
    /// Something else ended that a wait may be for.
    pub(crate) changed: fn(),
}

/// One more waits from now on. `listener` is the same each time.
pub(crate) fn begin(listener: Listener) {
    let _ = LISTENER.set(listener);
    WAITING.fetch_add(1, Ordering::SeqCst);
}

/// So many do not wait any more.
pub(crate) fn end(waits: usize) {
    WAITING.fetch_sub(waits, Ordering::SeqCst);
}

/// A launch ended; `is_quiet` looks whether its function has none in flight.
///
/// `SeqCst` pairs with the increment in [`begin`]: either this thread sees the wait, or the wait sees the end.
#[inline]
pub(crate) fn ended(is_quiet: impl FnOnce() -> bool) {
    if WAITING.load(Ordering::SeqCst) != 0 && is_quiet() {
        tell(|listener| listener.is_quiet);
    }
}

/// Something else ended that a wait may be for.
///
/// `SeqCst`: as in [`ended`].
#[inline]
pub(crate) fn changed() {
    if WAITING.load(Ordering::SeqCst) != 0 {
        tell(|listener| listener.changed);
    }
}

#[cold]
fn tell(what: fn(Listener) -> fn()) {
    // It is set before the first one is counted.
    if let Some(listener) = LISTENER.get() {
        what(*listener)();
    }
}

/// How many waits there are, so that an end can ask without a lock.
static WAITING: AtomicUsize = AtomicUsize::new(0);

static LISTENER: OnceLock<Listener> = OnceLock::new();
