//! The function that `on_thread_start` sets, and how each thread of a backend calls it before its first body.

use std::sync::atomic::Ordering;

use crate::report::line;
use crate::sync::process::AtomicBool;
use crate::thread::unwind;

/// A function of the user's, if one is set.
#[derive(Debug)]
pub(super) struct ThreadStart {
    function: Option<fn()>,
    /// Has a panic of it been noted on standard error?
    is_told: AtomicBool,
}

impl ThreadStart {
    pub(super) const fn new(function: Option<fn()>) -> Self {
        Self {
            function,
            is_told: AtomicBool::new(false),
        }
    }

    /// Calls the function on this thread. A panic is noted on standard error, once for each backend: it belongs to no
    /// launch that could be reported.
    pub(super) fn call(&self, backend: &str) {
        if let Some(function) = self.function
            && let Err(panic) = unwind::catch(function)
            && !self.is_told.swap(true, Ordering::Relaxed)
        {
            line::note(format_args!(
                "`on_thread_start` of `{backend}` {panic}; its threads still run launches"
            ));
        }
    }
}
