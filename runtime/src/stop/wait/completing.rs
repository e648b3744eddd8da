//! Whether this thread completes waits.

use std::cell::Cell;

use crate::sync::process::thread_local;

/// This thread completes waits, or changes what is known of them: what ends meanwhile, because a waker or an allocator
/// launches, is left to the service thread.
pub(super) struct Completing(());

impl Completing {
    pub(super) fn begin() -> Option<Self> {
        (!IS_COMPLETING.with(|it| it.replace(true))).then_some(Self(()))
    }
}

impl Drop for Completing {
    fn drop(&mut self) {
        IS_COMPLETING.with(|it| it.set(false));
    }
}

thread_local! {
    static IS_COMPLETING: Cell<bool> = const { Cell::new(false) };
}
