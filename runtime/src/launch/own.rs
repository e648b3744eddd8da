//! What `#[own]` copies: the launch owns the copy, and its body borrows from it.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// The copy of a `T` that a parameter borrows.
///
/// The type of the copy alone does not say what that was: a `String` may be borrowed as a `str` and as a `[u8]`.
pub struct Copied<T: ?Sized, O> {
    copy: O,
    borrowed: PhantomData<fn(&T)>,
}

/// Keeps the copy of what is borrowed.
pub fn copied<T: ?Sized, O>(_: &T, copy: O) -> Copied<T, O> {
    copied_before(copy)
}

/// Keeps a copy that was stored.
pub fn copied_before<T: ?Sized, O>(copy: O) -> Copied<T, O> {
    Copied {
        copy,
        borrowed: PhantomData,
    }
}

/// What the body borrows.
pub fn lend<T: ?Sized, O: Borrow<T>>(copied: &Copied<T, O>) -> &T {
    copied.copy.borrow()
}

/// What the launch owns.
pub fn copy_of<T: ?Sized, O>(copied: &Copied<T, O>) -> &O {
    &copied.copy
}

/// What comes back under `on_full = "reject"`, and what a test takes out.
pub fn into_copy<T: ?Sized, O>(copied: Copied<T, O>) -> O {
    copied.copy
}

/// For a daemon that is launched again.
impl<T: ?Sized, O: Clone> Clone for Copied<T, O> {
    fn clone(&self) -> Self {
        copied_before(self.copy.clone())
    }
}

impl<T: ?Sized, O: fmt::Debug> fmt::Debug for Copied<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.copy.fmt(f)
    }
}
