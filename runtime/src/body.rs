//! Knows whether this thread is running a launched body or other code that a launch waits for, and whether it is a
//! thread of ours.

use std::cell::Cell;

use crate::sync::process::thread_local;

thread_local! {
    // `const` and without destructors: usable from the destructors of other thread-locals, too.
    static BODIES: Cell<u32> = const { Cell::new(0) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread as running (or polling) a body until the guard is dropped.
pub(crate) fn enter() -> Inside {
    BODIES.with(|bodies| bodies.set(bodies.get() + 1));
    Inside(())
}

/// Is this thread running a launched body?
///
/// Then a launch is accepted during shutdown.
pub(crate) fn is_running_here() -> bool {
    depth() > 0
}

/// How many launched bodies this thread is running, one in the other.
pub(crate) fn depth() -> u32 {
    BODIES.with(Cell::get)
}

/// The thread is in code of the user's from here on, until it has [`returned`]: a body, a destructor, an observer. The
/// launch that it belongs to ends after it.
#[inline]
pub(crate) fn call() -> u32 {
    CALLS.with(|calls| calls.replace(calls.get() + 1))
}

/// See [`call`].
#[inline]
pub(crate) fn returned(nested: u32) {
    CALLS.with(|calls| calls.set(nested));
}

/// Would this thread, waiting for quiet, wait for itself? Or, in the destructor of a thread-local of a thread of ours,
/// for being joined.
pub(crate) fn is_waited_for() -> bool {
    CALLS.with(Cell::get) > 0 || OURS.with(Cell::get) || is_running_here()
}

/// Marks the thread, for good, as one that bodies depend on.
pub(crate) fn claim_thread() {
    OURS.with(|ours| ours.set(true));
}

/// Would blocking this thread hold up other launches?
pub(crate) fn must_not_block() -> bool {
    OURS.with(Cell::get) || is_running_here()
}

/// See [`enter`].
#[derive(Debug)]
pub(crate) struct Inside(());

impl Drop for Inside {
    fn drop(&mut self) {
        BODIES.with(|bodies| bodies.set(bodies.get() - 1));
    }
}
