//! An argument whose drops are counted.

use std::sync::atomic::{AtomicU32, Ordering};

/// Counts its drops.
pub(super) struct Counted;

pub(super) static DROPS: AtomicU32 = AtomicU32::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::SeqCst);
    }
}
