//! A daemon that is run in a test is told soon that the process stops, so that its loop comes to an end.

use std::cell::Cell;

/// From here on, until the guard is dropped, this thread is told at the second time that it asks.
pub(crate) fn soon() -> Soon {
    Soon {
        before: LOOKS.with(|it| it.replace(Some(false))),
    }
}

/// Is this thread told?
pub(crate) fn is_told() -> bool {
    LOOKS.with(|it| match it.get() {
        Some(has_looked) => {
            it.set(Some(true));
            has_looked
        }
        None => false,
    })
}

/// See [`soon`].
pub(crate) struct Soon {
    before: Option<bool>,
}

impl Drop for Soon {
    fn drop(&mut self) {
        LOOKS.with(|it| it.set(self.before));
    }
}

thread_local! {
    /// Has it asked before? None where no daemon is run in a test.
    static LOOKS: Cell<Option<bool>> = const { Cell::new(None) };
}
