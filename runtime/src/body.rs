//! Knows whether this thread is running a launched body, and whether it is a thread of ours.

use std::cell::Cell;

use crate::sync::process::thread_local;

thread_local! {
    // `const` and without destructors: usable from the destructors of other thread-locals, too.
    static BODIES: Cell<u32> = const { Cell::new(0) };
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread as running (or polling) a body until the guard is dropped.
pub(crate) fn enter() -> Inside {
    BODIES.with(|bodies| bodies.set(bodies.get() + 1));
    Inside(())
}

/// Is this thread running a launched body?
///
/// Then a launch is accepted during shutdown, and waiting for quiet would wait for itself.
pub(crate) fn is_running_here() -> bool {
    BODIES.with(Cell::get) > 0
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
