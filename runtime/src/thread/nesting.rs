//! How deep a thread is in code of the user's that launches there, and so may bring about more of it: a body that is run in
//! place launches the next one; a destructor of refused arguments launches, is refused, and drops the next arguments.
//!
//! What ends is the stack, and a level takes as much of it as bodies and arguments are large. So the stack is measured: from the
//! first level on this thread to the place that asks. What came before belongs to the user.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::OnceLock;

use crate::account::in_flight::InFlight;
use crate::report::stderr;
use crate::sync::process::thread_local;
use crate::thread::body::{self, Inside};

/// May this thread run one more body in place? Then it does so behind [`begin`].
pub(crate) fn may_run_in_place() -> bool {
    body::depth() < DEEPEST && used_stack() <= STACK.with(Cell::get) / 4
}

/// A level begins, until the guard is dropped.
pub(crate) fn begin() -> Level {
    let is_first = FIRST.with(Cell::get) == 0;
    if is_first {
        FIRST.with(|it| it.set(here()));
    }
    Level { is_first }
}

/// Arguments of this launch are about to be dropped, until the guard is. None where they are to be leaked: see
/// [`is_too_deep`].
pub(crate) fn enter(launch: &InFlight) -> Option<Nested> {
    (!is_too_deep(launch)).then(|| enter_anyway(launch))
}

/// The same of what is pinned, and has to be dropped before its place goes.
pub(crate) fn enter_anyway(launch: &InFlight) -> Nested {
    DESTRUCTORS.with(|it| it.set(it.get() + 1));
    Nested {
        _of_observer: launch.is_of_observer().then(body::enter_observer),
        _level: begin(),
    }
}

/// Are so many destructors in each other on this thread that the stack might end? Then the arguments of this launch are to
/// be leaked: a destructor that launches itself again would go on for ever.
///
/// They may take more of the stack than bodies: the arguments of a body that is refused for its depth are still dropped.
#[inline]
pub(crate) fn is_too_deep(launch: &InFlight) -> bool {
    let depth = DESTRUCTORS.with(Cell::get);
    depth > 0 && is_too_deep_at(depth, launch)
}

#[cold]
fn is_too_deep_at(depth: u32, launch: &InFlight) -> bool {
    let is_too_deep = depth >= DEEPEST || used_stack() > STACK.with(Cell::get) / 8 * 3;
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
            "arguments of `{}` are leaked: their destructors launch, and drop each other's arguments, too deep for the stack",
            launch.function()
        ));
    }
}

/// The stack of this thread has so many bytes.
pub(crate) fn has_stack(bytes: usize) {
    STACK.with(|it| it.set(bytes));
}

/// So many bytes of stack this thread has, as far as is known.
pub(crate) fn stack() -> usize {
    STACK.with(Cell::get)
}

/// How many bytes of stack there are between the first level and this place.
fn used_stack() -> usize {
    let first = FIRST.with(Cell::get);
    if first == 0 || cfg!(miri) {
        return 0; // Miri has no stack: its locals are anywhere.
    }
    let local = 0_u8;
    let now = here();
    // The local of a callee lies below that of its caller. AddressSanitizer may put locals elsewhere, each behind the one
    // before: then their addresses do not say how much of the stack is used.
    if now > std::ptr::from_ref(black_box(&local)).addr() {
        return 0;
    }
    let used = first.saturating_sub(now);
    // Some code goes on on a stack of its own.
    if used < ANOTHER_STACK { used } else { 0 }
}

/// Where on its stack this thread is.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(black_box(&local)).addr()
}

/// See [`begin`].
pub(crate) struct Level {
    is_first: bool,
}

impl Drop for Level {
    fn drop(&mut self) {
        if self.is_first {
            FIRST.with(|it| it.set(0));
        }
    }
}

/// See [`enter`].
pub(crate) struct Nested {
    _of_observer: Option<Inside>,
    _level: Level,
}

impl Drop for Nested {
    fn drop(&mut self) {
        DESTRUCTORS.with(|it| it.set(it.get() - 1));
    }
}

thread_local! {
    static DESTRUCTORS: Cell<u32> = const { Cell::new(0) };
    /// Where the first level began; 0 outside.
    static FIRST: Cell<usize> = const { Cell::new(0) };
    static STACK: Cell<usize> = const { Cell::new(DEFAULT_STACK) };
}

/// So many bodies, and so many destructors, are in each other at most, however small they are.
const DEEPEST: u32 = 64;

/// What a thread of `std` has where nothing else is said. In bytes.
const DEFAULT_STACK: usize = 2 << 20;

/// No stack is as large as this. In bytes.
const ANOTHER_STACK: usize = 1 << 30;
