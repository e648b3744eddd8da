//! Launches of durable functions that ended on this thread before they could be stored.

use std::cell::Cell;

use super::names::NAME;
use crate::account::site::Site;

/// Returns whether this site counts launches of a durable function.
pub(crate) fn is_launch_of_one(site: &Site) -> bool {
    site.backend() == NAME
}

/// Notes that a launch of this thread has ended before it could be stored, with a report.
pub(crate) fn misses(site: &Site) {
    if is_launch_of_one(site) {
        let _ = MISSING.try_with(|missing| missing.set(missing.get() + 1));
    }
}

/// Sets the number, and returns what it was.
pub(super) fn replace(missing: u64) -> u64 {
    MISSING.replace(missing)
}

thread_local! {
    static MISSING: Cell<u64> = const { Cell::new(0) };
}
