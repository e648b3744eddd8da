//! The link between a shutdown and an adapter: futures that tell the adapter of a shutdown, and holds that delay its end.
//!
//! The shutdown only sets a flag and wakes the service thread, which wakes the wakers: a waker is code of an executor, and may
//! block. The futures are [`Stopping`], like those of bodies.

use std::sync::atomic::Ordering;

use super::outbox;
use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::stop::stopping::{self, Stopping};
use crate::sync::process::{AtomicBool, AtomicUsize, Instant};

/// Waits until a shutdown begins. From then on, an adapter fetches no jobs.
pub fn stopping() -> Stopping {
    watch();
    Stopping::until(phase::has_begun)
}

/// Waits until a shutdown has ended, at a moment of quiet or at its deadline.
pub fn ended() -> Stopping {
    watch();
    Stopping::until(phase::has_ended)
}

/// Has shutdowns tell this module of their phases from now on.
pub(super) fn watch() {
    service::register_once(&IS_WATCHED, &WATCHERS);
}

/// Notes that the phase of a shutdown has changed. The service thread wakes the futures that watch, because a waker is code
/// of an executor and may block.
pub(crate) fn changed() {
    if IS_WATCHED.load(Ordering::SeqCst) {
        IS_CHANGED.store(true, Ordering::SeqCst);
        service::wake();
    }
}

/// The part of the service thread's work that concerns adapters.
struct Watchers;

static WATCHERS: Watchers = Watchers;

impl Background for Watchers {
    fn maintain(&'static self, _: Instant) -> Option<Instant> {
        tell();
        if phase::has_ended() {
            outbox::give_up_what_is_left();
        }
        None
    }

    fn has_threads(&self) -> bool {
        is_held()
    }
}

/// Wakes the futures that watch, if the phase has changed. Called by the service thread, or by a thread that does its work.
pub(crate) fn tell() {
    if !IS_CHANGED.swap(false, Ordering::SeqCst) {
        return;
    }
    outbox::recheck();
    stopping::tell();
}

/// Delays the end of a shutdown, up to its deadline, while it exists: a store does not know all verdicts yet.
#[derive(Debug)]
pub struct Hold(());

impl Hold {
    /// Begins to hold shutdowns, until it is dropped.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is not a value but an act")]
    pub fn new() -> Self {
        watch();
        HOLDS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        HOLDS.fetch_sub(1, Ordering::SeqCst);
        service::wake();
    }
}

/// Returns whether a [`Hold`] exists.
pub(crate) fn is_held() -> bool {
    HOLDS.load(Ordering::SeqCst) > 0
}

static HOLDS: AtomicUsize = AtomicUsize::new(0);
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
/// Whether the phase has changed since the futures were woken.
static IS_CHANGED: AtomicBool = AtomicBool::new(false);
