//! How deep destructors of arguments are in each other on a thread: one may launch, be refused, and so drop the next.

use std::cell::Cell;
use std::sync::OnceLock;

use crate::body::{self, Inside};
use crate::in_flight::InFlight;
use crate::observer::stderr;
use crate::on_full::DEEPEST;
use crate::sync::process::thread_local;

/// Arguments of this launch are about to be dropped, until the guard is. None where they are to be leaked: see
/// [`is_too_deep`].
pub(crate) fn enter(launch: &InFlight) -> Option<Nested> {
    (!is_too_deep(launch)).then(|| enter_anyway(launch))
}

/// The same of what is pinned, and has to be dropped before its place goes.
pub(crate) fn enter_anyway(launch: &InFlight) -> Nested {
    DEPTH.with(|it| it.set(it.get() + 1));
    Nested {
        _of_observer: launch.is_of_observer().then(body::enter_observer),
    }
}

/// Are so many destructors in each other on this thread that the stack might end? Then the arguments of this launch are to
/// be leaked: a destructor that launches itself again would go on for ever.
pub(crate) fn is_too_deep(launch: &InFlight) -> bool {
    let is_too_deep = DEPTH.with(Cell::get) >= DEEPEST;
    if is_too_deep {
        tell(launch);
    }
    is_too_deep
}

/// Says so, once.
#[cold]
fn tell(launch: &InFlight) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        stderr::note(format_args!(
            "arguments of `{}` are leaked: their destructors launch, and drop each other's arguments, {DEEPEST} deep",
            launch.function()
        ));
    }
}

/// See [`enter`].
pub(crate) struct Nested {
    _of_observer: Option<Inside>,
}

impl Drop for Nested {
    fn drop(&mut self) {
        DEPTH.with(|it| it.set(it.get() - 1));
    }
}

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}
