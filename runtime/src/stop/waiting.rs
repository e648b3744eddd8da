//! Does somebody wait for the end of launches? Every end asks, and most find that nobody does.

use std::sync::atomic::Ordering;

use crate::sync::process::{AtomicUsize, OnceLock};

/// What is told of ends while somebody waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// A function has become quiet.
    pub(crate) is_quiet: fn(),
    /// Something else ended that a wait may be for.
    pub(crate) changed: fn(),
}

/// One more waits from now on. `told` is the same each time.
pub(crate) fn begin(told: Told) {
    let _ = TOLD.set(told);
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
        tell(|told| told.is_quiet);
    }
}

/// Something else ended that a wait may be for.
///
/// `SeqCst`: as in [`ended`].
#[inline]
pub(crate) fn changed() {
    if WAITING.load(Ordering::SeqCst) != 0 {
        tell(|told| told.changed);
    }
}

#[cold]
fn tell(what: fn(Told) -> fn()) {
    // It is set before the first one is counted.
    if let Some(told) = TOLD.get() {
        what(*told)();
    }
}

/// How many waits there are, so that an end can ask without a lock.
static WAITING: AtomicUsize = AtomicUsize::new(0);

static TOLD: OnceLock<Told> = OnceLock::new();
