//! What the user has each thread of a backend do before its first body.

use std::sync::atomic::Ordering;

use crate::report::stderr;
use crate::sync::process::AtomicBool;
use crate::thread::unwind;

/// A function of the user's, if there is one.
#[derive(Debug)]
pub(super) struct ThreadStart {
    function: Option<fn()>,
    /// Has it been said that it panicked?
    is_told: AtomicBool,
}

impl ThreadStart {
    pub(super) const fn new(function: Option<fn()>) -> Self {
        Self {
            function,
            is_told: AtomicBool::new(false),
        }
    }

    /// Calls it on this thread. A panic goes no further than a line on standard error, once for each backend: it belongs to no
    /// launch that could be reported.
    pub(super) fn call(&self, backend: &str) {
        if let Some(function) = self.function
            && let Err(panic) = unwind::catch(function)
            && !self.is_told.swap(true, Ordering::Relaxed)
        {
            stderr::note(format_args!(
                "`on_thread_start` of `{backend}` {panic}; its threads run launches all the same"
            ));
        }
    }
}
