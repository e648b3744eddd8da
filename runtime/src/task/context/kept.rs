//! Hands the context of a dropped body to the report of its launch, through a thread-local.
//!
//! A body is dropped behind erased types, so its destructor cannot return the context. [`keep`] asks for it: it sets the
//! thread-local to `Wanted`, drops the body, and takes out what the destructor left there ([`leave`]). Without a
//! `keep` around it, a destructor drops its context. `keep` restores the former state, so calls can nest.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;

use super::Contexts;
#[cfg(feature = "durable")]
use crate::durable::Record;
use crate::sync::process::thread_local;
use crate::thread::unwind::{self, Panic};

/// The contexts of one launch with their type erased.
pub(crate) struct Kept(Box<dyn Contexts>);

impl Kept {
    #[cold]
    pub(crate) fn new(context: impl Contexts) -> Self {
        Self(Box::new(context))
    }
}

impl Contexts for Kept {
    fn enter(&self, code: &mut dyn FnMut()) {
        self.0.enter(code);
    }

    #[cfg(feature = "durable")]
    fn record(&self, record: &mut Record) {
        self.0.record(record);
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// Runs code that drops a body behind erased types. Returns the context that the body left, or `None` if it had none.
pub(crate) fn keep(code: impl FnOnce()) -> (Result<(), Panic>, Option<Kept>) {
    let outer = replace(Left::Wanted);
    let dropped = unwind::catch_to_report(code);
    match replace(outer) {
        Left::Is(context) => (dropped, Some(context)),
        Left::Unwanted | Left::Wanted => (dropped, None),
    }
}

/// Leaves the context of a body that this thread has just dropped to the [`keep`] around it. Drops the context if there is
/// none.
pub(super) fn leave(context: impl Contexts) {
    match replace(Left::Unwanted) {
        Left::Wanted => drop(replace(Left::Is(Kept::new(context)))),
        left => {
            replace(left);
            drop(context);
        }
    }
}

/// The state of this thread's hand-over.
enum Left {
    /// No [`keep`] is active on this thread.
    Unwanted,
    /// A [`keep`] waits for a context.
    Wanted,
    /// A context was left.
    Is(Kept),
}

fn replace(left: Left) -> Left {
    ManuallyDrop::into_inner(LEFT.with(|it| it.replace(ManuallyDrop::new(left))))
}

thread_local! {
    // `ManuallyDrop`, so that the thread-local has no destructor and can be used in those of others. `keep` takes a context
    // that was left out again, so none leaks.
    static LEFT: Cell<ManuallyDrop<Left>> = const { Cell::new(ManuallyDrop::new(Left::Unwanted)) };
}
