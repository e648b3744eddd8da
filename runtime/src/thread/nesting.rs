//! Limits how deep user code that launches can nest on one thread, so that the stack does not overflow.
//!
//! Two things recurse: a body that runs in place launches the next one, which runs in place; and a destructor of refused
//! arguments launches, is refused, and drops the next arguments. How much stack a level takes depends on the user's types.
//! So the used stack is measured, as the distance in addresses from the first level on this thread to the place that asks;
//! the stack before that belongs to the user.
//!
//! Bodies may nest up to a quarter of the stack, destructors up to three eighths, and both up to 64 levels. Destructors get
//! more, so that the arguments of a body that is refused for its depth are still dropped. Beyond that, arguments are
//! leaked.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::OnceLock;

use crate::account::in_flight::InFlight;
use crate::report::line;
use crate::sync::process::thread_local;
use crate::thread::body::{self, Inside};

/// Returns whether this thread may run one more body in place. The caller calls [`begin`] before it runs it.
pub(crate) fn may_run_in_place() -> bool {
    body::depth() < DEEPEST && used_stack() <= STACK.with(Cell::get) / 4
}

/// Begins a level, which ends when the guard is dropped. The first one on a thread is where the stack is measured from.
#[inline]
pub(crate) fn begin() -> Level {
    let is_first = FIRST.with(Cell::get) == 0;
    if is_first {
        FIRST.with(|it| it.set(here()));
    }
    Level { is_first }
}

/// Begins to drop the arguments of this launch, until the guard is dropped. Returns `None` if the caller must leak them
/// instead: see [`is_too_deep`].
pub(crate) fn enter(launch: &InFlight) -> Option<Nested> {
    (!is_too_deep(launch)).then(|| enter_anyway(launch))
}

/// Begins to drop a pinned value, at any depth: a pinned value must be dropped before its memory is reused, so it cannot be
/// leaked.
#[inline]
pub(crate) fn enter_anyway(launch: &InFlight) -> Nested {
    DESTRUCTORS.with(|it| it.set(it.get() + 1));
    Nested {
        _of_observer: launch.is_of_observer().then(body::enter_observer),
        _level: begin(),
    }
}

/// Returns whether the stack might overflow because of the destructors that are nested on this thread.
///
/// Then the arguments of this launch are leaked, because a destructor that launches its own function would recurse without an
/// end. Says so on standard error, once per process.
#[inline]
pub(crate) fn is_too_deep(launch: &InFlight) -> bool {
    let depth = DESTRUCTORS.with(Cell::get);
    depth > 0 && is_too_deep_at(depth, launch)
}

/// Does the work of [`is_too_deep`] inside a destructor.
#[cold]
fn is_too_deep_at(depth: u32, launch: &InFlight) -> bool {
    let is_too_deep = depth >= DEEPEST || used_stack() > STACK.with(Cell::get) / 8 * 3;
    if is_too_deep {
        tell(launch);
    }
    is_too_deep
}

/// Writes to standard error, once per process, that arguments are leaked.
#[cold]
fn tell(launch: &InFlight) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        line::note(format_args!(
            "arguments of `{}` are leaked: their destructors launch each other too deep for the stack",
            launch.function()
        ));
    }
}

/// Sets the size of this thread's stack, in bytes.
pub(crate) fn has_stack(bytes: usize) {
    STACK.with(|it| it.set(bytes));
}

/// Returns the size of this thread's stack, in bytes; 2 MiB if it was never set.
pub(crate) fn stack() -> usize {
    STACK.with(Cell::get)
}

/// Returns the number of bytes of stack between the first level and this place; 0 if it cannot be measured.
fn used_stack() -> usize {
    let first = FIRST.with(Cell::get);
    if first == 0 || cfg!(miri) {
        return 0; // Miri has no stack: the addresses of its locals say nothing.
    }
    let local = 0_u8;
    let now = here();
    // A callee's local lies below its caller's on a stack that grows down. AddressSanitizer may put locals elsewhere, each
    // above the one before; then their addresses do not say how much of the stack is used.
    if now > std::ptr::from_ref(black_box(&local)).addr() {
        return 0;
    }
    let used = first.saturating_sub(now);
    // A larger distance means that the code runs on another stack, such as a coroutine's.
    if used < ANOTHER_STACK { used } else { 0 }
}

/// Returns an address in the current stack frame.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(black_box(&local)).addr()
}

/// The guard of [`begin`].
pub(crate) struct Level {
    is_first: bool,
}

impl Drop for Level {
    #[inline]
    fn drop(&mut self) {
        if self.is_first {
            FIRST.with(|it| it.set(0));
        }
    }
}

/// The guard of [`enter`].
pub(crate) struct Nested {
    _of_observer: Option<Inside>,
    _level: Level,
}

impl Drop for Nested {
    #[inline]
    fn drop(&mut self) {
        DESTRUCTORS.with(|it| it.set(it.get() - 1));
    }
}

thread_local! {
    /// The number of nested [`enter`]s.
    static DESTRUCTORS: Cell<u32> = const { Cell::new(0) };
    /// The stack address where the first level began; 0 if this thread is in none.
    static FIRST: Cell<usize> = const { Cell::new(0) };
    /// The size of the stack, in bytes.
    static STACK: Cell<usize> = const { Cell::new(DEFAULT_STACK) };
}

/// The highest number of nested bodies, and of nested destructors, however little stack they take.
const DEEPEST: u32 = 64;

/// The default stack size of a `std` thread, in bytes.
const DEFAULT_STACK: usize = 2 << 20;

/// A distance, in bytes, that is larger than any stack.
const ANOTHER_STACK: usize = 1 << 30;
