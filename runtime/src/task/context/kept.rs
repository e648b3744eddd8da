//! The context of a launch whose body is gone: its report is made in it.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;

use super::Contexts;
#[cfg(feature = "durable")]
use crate::durable::Record;
use crate::sync::process::thread_local;
use crate::thread::unwind::{self, Panic};

/// Contexts of whatever type.
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

/// Runs code that drops a body without its type. Returns the context that the body had.
pub(crate) fn keep(code: impl FnOnce()) -> (Result<(), Panic>, Option<Kept>) {
    let outer = replace(Left::Wanted);
    let dropped = unwind::catch_to_report(code);
    match replace(outer) {
        Left::Is(context) => (dropped, Some(context)),
        Left::Unwanted | Left::Wanted => (dropped, None),
    }
}

/// What had this context has been dropped on this thread: leaves it for the report, if there is to be one.
pub(super) fn leave(context: impl Contexts) {
    match replace(Left::Unwanted) {
        Left::Wanted => drop(replace(Left::Is(Kept::new(context)))),
        left => {
            replace(left);
            drop(context);
        }
    }
}

/// The context of what this thread drops.
enum Left {
    /// Nobody asks for it.
    Unwanted,
    /// [`keep`] does.
    Wanted,
    Is(Kept),
}

fn replace(left: Left) -> Left {
    ManuallyDrop::into_inner(LEFT.with(|it| it.replace(ManuallyDrop::new(left))))
}

thread_local! {
    // Without a destructor: usable from those of other thread-locals, too. Whoever wants a context takes it out again.
    static LEFT: Cell<ManuallyDrop<Left>> = const { Cell::new(ManuallyDrop::new(Left::Unwanted)) };
}
