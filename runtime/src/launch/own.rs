//! `#[own]`: a launch owns a copy of what a parameter borrows, and the body borrows from the copy.
//!
//! The expansion calls [`copied`] in the launcher and [`lend`] in the body; a refused launch and a test get the
//! owned value by [`into_copy`].

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

/// The owned copy of a `T` that a parameter borrows.
///
/// `T` is in the type because `O` does not determine it: a `String` can be borrowed as a `str` and as a `[u8]`.
pub struct Copied<T: ?Sized, O> {
    copy: O,
    borrowed: PhantomData<fn(&T)>,
}

/// Wraps the copy of a borrowed argument, whose type is inferred from the argument.
pub fn copied<T: ?Sized, O>(_: &T, copy: O) -> Copied<T, O> {
    copied_before(copy)
}

/// Wraps a copy that was made before, such as one read from a store.
pub fn copied_before<T: ?Sized, O>(copy: O) -> Copied<T, O> {
    Copied {
        copy,
        borrowed: PhantomData,
    }
}

/// Returns the borrow that the body takes as its parameter.
pub fn lend<T: ?Sized, O: Borrow<T>>(copied: &Copied<T, O>) -> &T {
    copied.copy.borrow()
}

/// Returns the owned copy, to be stored.
pub fn copy_of<T: ?Sized, O>(copied: &Copied<T, O>) -> &O {
    &copied.copy
}

/// Unwraps the copy: for `on_full = "reject"`, which returns it, and for a test that takes the arguments.
pub fn into_copy<T: ?Sized, O>(copied: Copied<T, O>) -> O {
    copied.copy
}

/// A daemon that is launched again clones its arguments.
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
