//! Tells a daemon that a test runs that the process stops, so that its loop ends.

use std::cell::Cell;

/// Tells this thread, from the second time that it asks, that the process stops. That ends when the guard is dropped.
pub(crate) fn soon() -> Soon {
    Soon {
        before: LOOKS.with(|it| it.replace(Some(false))),
    }
}

/// Returns whether this thread is told that the process stops.
pub(crate) fn is_told() -> bool {
    LOOKS.with(|it| match it.get() {
        Some(has_looked) => {
            it.set(Some(true));
            has_looked
        }
        None => false,
    })
}

/// The guard of [`soon`].
pub(crate) struct Soon {
    before: Option<bool>,
}

impl Drop for Soon {
    fn drop(&mut self) {
        LOOKS.with(|it| it.set(self.before));
    }
}

thread_local! {
    /// Whether the daemon has asked before. `None` if no test runs a daemon on this thread.
    static LOOKS: Cell<Option<bool>> = const { Cell::new(None) };
}
