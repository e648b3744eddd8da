//! The link between a shutdown and an adapter: futures that tell the adapter of a shutdown, and holds that delay its end.
//!
//! The shutdown only sets a flag and wakes the service thread, which wakes the wakers: a waker is code of an executor, and may
//! block. A future registers its waker before it reads the phase, and the shutdown writes the phase before the wakers are
//! woken, so no change is missed.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::outbox;
use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::stop::stopping::{Key, Wakers};
use crate::sync::process::{AtomicBool, AtomicUsize, Instant};

/// Waits until a shutdown begins. From then on, an adapter fetches no jobs.
pub fn stopping() -> Stop {
    Stop::new(phase::has_begun)
}

/// Waits until a shutdown has ended, at a moment of quiet or at its deadline.
pub fn ended() -> Stop {
    Stop::new(phase::has_ended)
}

/// A future that is ready once a shutdown has reached a phase: see [`stopping`] and [`ended`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stop {
    holds: fn() -> bool,
    /// The key of its waker in `WAKERS`.
    key: Option<Key>,
}

impl Stop {
    fn new(holds: fn() -> bool) -> Self {
        Self { holds, key: None }
    }
}

impl Future for Stop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        watch();
        // Kept before the phase is read: the shutdown writes the phase and then has the kept wakers woken.
        let (key, older) = WAKERS.keep(self.key, context.waker().clone());
        self.key = Some(key);
        drop(older);
        if (self.holds)() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        drop(self.key.and_then(|key| WAKERS.remove(key)));
    }
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
    WAKERS.wake_all();
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
static WAKERS: Wakers = Wakers::new();
