//! Records in thread-locals what this thread is in: launched bodies, an observer, calls of user code; and whether it is a
//! thread of ours.
//!
//! These decide three things. A launch from inside a body is admitted during a shutdown ([`may_launch_on`]). A thread that
//! bodies depend on must not block for room ([`must_not_block`]). A thread that a wait depends on must not wait
//! ([`is_waited_for`]).
//!
//! Bodies and calls are two counts, because a destructor or an error handler is user code and no body. The panic flags lie
//! in the word of the second count, so that the start and the end of a call are one access each. Nothing here has a
//! destructor, so it works in the destructors of other thread-locals.

use std::cell::Cell;

use crate::account::daemon_marks::Marks;
use crate::sync::{self, process::thread_local};

thread_local! {
    // All are `const` and without destructors, so that the destructors of other thread-locals can use them.
    //
    // The number of bodies that this thread is in, and `OF_OBSERVER`.
    static BODIES: Cell<u32> = const { Cell::new(0) };
    // The number of calls of user code that this thread is in, `REPORTED` and `NOTED`.
    static CALLS: Cell<u32> = const { Cell::new(0) };
    // Whether this is a thread of ours.
    static OURS: Cell<bool> = const { Cell::new(false) };
    // The daemon that was entered last, and the depth of bodies at which it runs.
    static DAEMON: Cell<Option<(&'static Marks, u32)>> = const { Cell::new(None) };
}

/// Set while an observer runs, or code that an observer launched.
const OF_OBSERVER: u32 = 1 << 31;

/// Set in a call whose panic its caller reports.
const REPORTED: u32 = 1 << 31;
/// Set once the panic hook has noted a panic in the innermost call.
const NOTED: u32 = 1 << 30;
const DEPTH: u32 = NOTED - 1;

/// Marks the thread as running (or polling) a body until the guard is dropped.
///
/// `is_of_observer` says that an observer launched it, directly or by another body.
#[inline]
pub(crate) fn enter(is_of_observer: bool) -> Inside {
    let flag = if is_of_observer { OF_OBSERVER } else { 0 };
    change(|before| ((before & !OF_OBSERVER) + 1) | flag)
}

/// Marks the thread as running an observer, or other code of one, until the guard is dropped.
pub(crate) fn enter_observer() -> Inside {
    change(|before| before | OF_OBSERVER)
}

#[inline]
fn change(change: impl FnOnce(u32) -> u32) -> Inside {
    let before = BODIES.with(Cell::get);
    BODIES.with(|bodies| bodies.set(change(before)));
    Inside { before }
}

/// Returns whether this thread runs an observer, or a body that one launched, directly or by another body. Its launches
/// belong to the observer, too.
#[inline]
pub(crate) fn is_of_observer() -> bool {
    BODIES.with(Cell::get) & OF_OBSERVER != 0
}

/// Returns whether this thread is running a launched body.
pub(crate) fn is_running_here() -> bool {
    depth() > 0
}

/// Marks the innermost body of this thread as that of a daemon, until the guard is dropped.
pub(crate) fn enter_daemon(marks: &'static Marks) -> InDaemon {
    let here = Some((marks, depth()));
    InDaemon {
        before: DAEMON.with(|it| it.replace(here)),
    }
}

/// Returns the site of the innermost body of this thread, if that is a daemon's.
fn daemon() -> Option<&'static Marks> {
    let (marks, at) = DAEMON.with(Cell::get)?;
    (at == depth()).then_some(marks)
}

/// Notes that the innermost body of this thread asks whether the process stops; see [`Marks::asks`].
pub(crate) fn asks() {
    if let Some(marks) = daemon() {
        marks.asks();
    }
}

/// Returns whether this thread is running a body that a shutdown waits for; its launches are admitted meanwhile.
///
/// Those of a daemon that does not learn of the shutdown are not: it would launch until the deadline.
pub(crate) fn may_launch_on() -> bool {
    is_running_here() && daemon().is_none_or(Marks::is_told)
}

/// Returns how many launched bodies this thread is running, nested in each other.
pub(crate) fn depth() -> u32 {
    BODIES.with(Cell::get) & !OF_OBSERVER
}

/// Marks the start of a call of user code: a body, a destructor, an observer. The launch that it belongs to ends after it.
///
/// Returns the state to pass to [`returned`] when the call is over.
#[inline]
pub(crate) fn call() -> u32 {
    CALLS.with(|calls| calls.replace((calls.get() & DEPTH) + 1))
}

/// Marks the start of a call of user code whose panic is reported; see [`call`].
#[inline]
pub(crate) fn call_reported() -> u32 {
    CALLS.with(|calls| calls.replace(((calls.get() & DEPTH) + 1) | REPORTED))
}

/// Marks the end of a [`call`]. Returns whether a panic has been [noted](note) in it.
#[inline]
pub(crate) fn returned(nested: u32) -> bool {
    CALLS.with(|calls| calls.replace(nested)) & NOTED != 0
}

/// Returns how many calls of user code this thread is in, nested in each other.
pub(crate) fn call_depth() -> u32 {
    CALLS.with(Cell::get) & DEPTH
}

/// Returns [`call_depth`] if a panic in the innermost call is reported, otherwise `None`.
pub(crate) fn reported_depth() -> Option<u32> {
    let calls = CALLS.with(Cell::get);
    (calls & REPORTED != 0).then_some(calls & DEPTH)
}

/// Marks that the panic hook has noted a panic in the innermost call.
pub(crate) fn note() {
    CALLS.with(|calls| calls.set(calls.get() | NOTED));
}

/// Returns whether this thread would wait for itself if it waited for quiet.
///
/// It would in a body, in other user code that a launch waits for, and on a thread of ours, which a shutdown joins. The last
/// holds in the destructors of that thread's thread-locals, too.
pub(crate) fn is_waited_for() -> bool {
    call_depth() > 0 || OURS.with(Cell::get) || is_running_here()
}

/// Marks the thread, for the rest of its life, as one of ours, on which bodies depend.
pub(crate) fn claim_thread() {
    OURS.with(|ours| ours.set(true));
}

/// Returns whether this thread is one of ours and runs exactly one body: the body that the thread is there for.
#[cfg(feature = "durable")]
pub(crate) fn is_on_its_thread() -> bool {
    OURS.with(Cell::get) && depth() == 1
}

/// Returns whether this thread must not block for room: blocking it would hold up other launches, or this launch itself if an
/// allocator makes it.
pub(crate) fn must_not_block() -> bool {
    OURS.with(Cell::get) || is_running_here() || sync::is_making()
}

/// The guard of [`enter`] and [`enter_observer`]: restores the former state when it is dropped.
#[derive(Debug)]
pub(crate) struct Inside {
    before: u32,
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        BODIES.with(|bodies| bodies.set(self.before));
    }
}

/// The guard of [`enter_daemon`]: restores the former daemon when it is dropped.
#[derive(Debug)]
pub(crate) struct InDaemon {
    before: Option<(&'static Marks, u32)>,
}

impl Drop for InDaemon {
    fn drop(&mut self) {
        DAEMON.with(|it| it.set(self.before));
    }
}
