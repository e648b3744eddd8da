//! A value that is made when it is first needed, in a [`OnceLock`], without [`OnceLock::get_or_init`].
//!
//! That function would block while the value is made, and deadlock if the same thread came back: an allocator is the user's
//! code, may launch, and so come back here.

use std::cell::Cell;

use super::process::{OnceLock, thread_local};

/// Returns the value, which is made if need be. If two threads make one at once, one value is dropped.
pub(crate) fn get_or_make<T>(place: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    if let Some(there) = place.get() {
        return there;
    }
    drop(place.set(make()));
    match place.get() {
        Some(there) => there,
        None => unreachable!("it has been set, by this thread or by another"),
    }
}

/// As [`get_or_make`], for a large value. None to an allocator that launches while this thread makes one, and again while
/// that launch makes the next: one that launches at each large allocation would do so for ever.
pub(crate) fn get_or_make_large<T>(place: &OnceLock<T>, make: impl FnOnce() -> T) -> Option<&T> {
    let depth = DEPTH.with(Cell::get);
    if depth >= 2 {
        return place.get();
    }
    DEPTH.with(|it| it.set(depth + 1));
    let there = get_or_make(place, make);
    DEPTH.with(|it| it.set(depth));
    Some(there)
}

/// Is this thread making a large value?
pub(crate) fn is_making() -> bool {
    DEPTH.with(Cell::get) > 0
}

thread_local! {
    /// How many large values this thread is making, each inside the one before.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}
