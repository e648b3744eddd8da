//! What is made when it is first needed, in a place of its own. While it is made, nobody waits, as they would in
//! [`OnceLock::get_or_init`]: an allocator is the user's code, and may launch meanwhile, and come here again.

use std::cell::Cell;

use super::process::{OnceLock, thread_local};

/// What is in the place. Of two that are made at once, one is dropped.
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

/// The same of what is large. None to an allocator that launches while this thread makes one, and again while it makes the
/// next: one that launches at each large allocation would go on so for ever.
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

/// Is this thread making something large?
pub(crate) fn is_making() -> bool {
    DEPTH.with(Cell::get) > 0
}

thread_local! {
    /// How many things this thread makes, one in the other.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}
