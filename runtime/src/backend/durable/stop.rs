//! What a store has to know of a shutdown, and what a shutdown has to know of a store.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::outbox;
use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::stop::stopping::{Key, Wakers};
use crate::sync::process::{AtomicBool, AtomicUsize, Instant};

/// Waits until a shutdown begins: from then on nothing is to be fetched.
pub fn stopping() -> Stop {
    Stop::new(phase::has_begun)
}

/// Waits until a shutdown has ended, at a moment of quiet or at its deadline.
pub fn ended() -> Stop {
    Stop::new(phase::has_ended)
}

/// A future that is ready once a shutdown has come so far: see [`stopping`] and [`ended`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stop {
    holds: fn() -> bool,
    /// Under which its waker is kept.
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
        // Kept before the look: who changes the state wakes those that are kept after it.
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

/// From now on a shutdown tells this module of its changes.
pub(super) fn watch() {
    service::register_once(&IS_WATCHED, &WATCHERS);
}

/// The state of a shutdown has changed. Those that watch are woken by the service thread: a waker is code of somebody's executor,
/// and may be stuck.
pub(crate) fn changed() {
    if IS_WATCHED.load(Ordering::SeqCst) {
        IS_CHANGED.store(true, Ordering::SeqCst);
        service::wake();
    }
}

/// Those that watch shutdowns.
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
        false
    }
}

/// Wakes them, if the state has changed. For the service thread, and for who does its work.
pub(crate) fn tell() {
    if !IS_CHANGED.swap(false, Ordering::SeqCst) {
        return;
    }
    outbox::recheck();
    WAKERS.wake_all();
}

/// As long as there is one, a shutdown is not over before its deadline: a store is still being told what was done.
#[derive(Debug)]
pub struct Hold(());

impl Hold {
    /// Holds shutdowns up.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is not a value but an act")]
    pub fn new() -> Self {
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

/// Does anybody hold shutdowns up?
pub(crate) fn is_held() -> bool {
    HOLDS.load(Ordering::SeqCst) > 0
}

static HOLDS: AtomicUsize = AtomicUsize::new(0);
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
/// Has the state changed since they were woken?
static IS_CHANGED: AtomicBool = AtomicBool::new(false);
static WAKERS: Wakers = Wakers::new();
