//! Knows whether this thread is running a launched body or other code that a launch waits for, and whether it is a
//! thread of ours.

use std::cell::Cell;

use crate::account::site::Site;
use crate::sync::{self, process::thread_local};

thread_local! {
    // `const` and without destructors: usable from the destructors of other thread-locals, too.
    // How many bodies, and `OF_OBSERVER`.
    static BODIES: Cell<u32> = const { Cell::new(0) };
    // How many, `REPORTED` and `NOTED`.
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static OURS: Cell<bool> = const { Cell::new(false) };
    // A daemon, and at which depth it runs.
    static DAEMON: Cell<Option<(&'static Site, u32)>> = const { Cell::new(None) };
}

/// Set while code runs that an observer launched, or the observer itself.
const OF_OBSERVER: u32 = 1 << 31;

/// Set in a call whose panic is reported.
const REPORTED: u32 = 1 << 31;
/// Set once the hook has noted a panic in it.
const NOTED: u32 = 1 << 30;
const DEPTH: u32 = NOTED - 1;

/// Marks the thread as running (or polling) a body until the guard is dropped; one that an observer launched, or what an
/// observer launched, is told apart from others.
pub(crate) fn enter(is_of_observer: bool) -> Inside {
    let flag = if is_of_observer { OF_OBSERVER } else { 0 };
    change(|before| ((before & !OF_OBSERVER) + 1) | flag)
}

/// The thread is in an observer, or in what else was launched by one, until the guard is dropped.
pub(crate) fn enter_observer() -> Inside {
    change(|before| before | OF_OBSERVER)
}

fn change(change: impl FnOnce(u32) -> u32) -> Inside {
    let before = BODIES.with(Cell::get);
    BODIES.with(|bodies| bodies.set(change(before)));
    Inside { before }
}

/// Does this thread run an observer, or what one launched, directly or further on? What it launches is the observer's,
/// too.
#[inline]
pub(crate) fn is_of_observer() -> bool {
    BODIES.with(Cell::get) & OF_OBSERVER != 0
}

/// Is this thread running a launched body?
pub(crate) fn is_running_here() -> bool {
    depth() > 0
}

/// Marks the body that this thread has entered as that of a daemon, until the guard is dropped.
pub(crate) fn enter_daemon(site: &'static Site) -> InDaemon {
    let here = Some((site, depth()));
    InDaemon {
        before: DAEMON.with(|it| it.replace(here)),
    }
}

/// The daemon that this thread is running, if that is the innermost body.
fn daemon() -> Option<&'static Site> {
    let (site, at) = DAEMON.with(Cell::get)?;
    (at == depth()).then_some(site)
}

/// The body that this thread is running asks whether the process stops.
pub(crate) fn asks() {
    if let Some(site) = daemon() {
        site.asks();
    }
}

/// Is this thread running a body that a shutdown waits for?
///
/// Then a launch is accepted meanwhile. Not so that of a daemon which does not learn of the shutdown: it would launch until the
/// deadline.
pub(crate) fn may_launch_on() -> bool {
    is_running_here() && daemon().is_none_or(Site::is_told)
}

/// How many launched bodies this thread is running, one in the other.
pub(crate) fn depth() -> u32 {
    BODIES.with(Cell::get) & !OF_OBSERVER
}

/// The thread is in code of the user's from here on, until it has [`returned`]: a body, a destructor, an observer. The
/// launch that it belongs to ends after it.
#[inline]
pub(crate) fn call() -> u32 {
    CALLS.with(|calls| calls.replace((calls.get() & DEPTH) + 1))
}

/// The same of code whose panic is reported.
#[inline]
pub(crate) fn call_reported() -> u32 {
    CALLS.with(|calls| calls.replace(((calls.get() & DEPTH) + 1) | REPORTED))
}

/// See [`call`]. Has a panic been [noted](note) meanwhile?
#[inline]
pub(crate) fn returned(nested: u32) -> bool {
    CALLS.with(|calls| calls.replace(nested)) & NOTED != 0
}

/// How deep this thread is in calls of user code, one in the other.
pub(crate) fn call_depth() -> u32 {
    CALLS.with(Cell::get) & DEPTH
}

/// The same, if a panic in the innermost call is reported.
pub(crate) fn reported_depth() -> Option<u32> {
    let calls = CALLS.with(Cell::get);
    (calls & REPORTED != 0).then_some(calls & DEPTH)
}

/// The hook has noted a panic in the innermost call.
pub(crate) fn note() {
    CALLS.with(|calls| calls.set(calls.get() | NOTED));
}

/// Would this thread, waiting for quiet, wait for itself? Or, in the destructor of a thread-local of a thread of ours,
/// for being joined.
pub(crate) fn is_waited_for() -> bool {
    call_depth() > 0 || OURS.with(Cell::get) || is_running_here()
}

/// Marks the thread, for good, as one that bodies depend on.
pub(crate) fn claim_thread() {
    OURS.with(|ours| ours.set(true));
}

/// Is the one body that this thread runs there because the thread is for that?
#[cfg(feature = "durable")]
pub(crate) fn is_on_its_thread() -> bool {
    OURS.with(Cell::get) && depth() == 1
}

/// Would blocking this thread hold up other launches? Or this one itself, which an allocator makes.
pub(crate) fn must_not_block() -> bool {
    OURS.with(Cell::get) || is_running_here() || sync::is_making()
}

/// See [`enter`].
#[derive(Debug)]
pub(crate) struct Inside {
    before: u32,
}

impl Drop for Inside {
    fn drop(&mut self) {
        BODIES.with(|bodies| bodies.set(self.before));
    }
}

/// See [`enter_daemon`].
#[derive(Debug)]
pub(crate) struct InDaemon {
    before: Option<(&'static Site, u32)>,
}

impl Drop for InDaemon {
    fn drop(&mut self) {
        DAEMON.with(|it| it.set(self.before));
    }
}
