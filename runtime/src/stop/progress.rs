//! How far a shutdown has come beyond its phase: has it given up, and is it still about to say what it drops?

use std::sync::atomic::Ordering;

use crate::stop::phase::{self, DRAINING, ENDED, OPEN};
use crate::sync::process::{AtomicBool, AtomicUsize};

/// Has its deadline come with launches in flight?
pub(crate) fn has_given_up() -> bool {
    HAS_GIVEN_UP.load(Ordering::SeqCst)
}

/// What to say of launches in flight where the process exits now: nothing, where a shutdown has told all.
pub(crate) fn exits_early() -> Option<&'static str> {
    match phase::now() {
        OPEN => Some("the process exits without waiting for `shutdown`"),
        ENDED if ABANDONING.load(Ordering::SeqCst) == 0 => None,
        DRAINING | ENDED => Some("the process exits before its shutdown has ended"),
        _ => None,
    }
}

/// The deadline of the shutdown has come with launches in flight. Until the guard is dropped, what was queued is dropped and
/// reported.
pub(super) fn give_up() -> Abandoning {
    HAS_GIVEN_UP.store(true, Ordering::SeqCst);
    ABANDONING.fetch_add(1, Ordering::SeqCst);
    Abandoning(())
}

/// See [`give_up`].
pub(super) struct Abandoning(());

impl Drop for Abandoning {
    fn drop(&mut self) {
        ABANDONING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Did it end at its deadline, with launches in flight?
static HAS_GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// How many threads still drop and report what was queued at that deadline: of those that wait there may be several.
static ABANDONING: AtomicUsize = AtomicUsize::new(0);
