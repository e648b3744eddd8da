//! What a store has to know of a shutdown, and what a shutdown has to know of a store.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::outbox;
use crate::service::{self, Tended};
use crate::sync::process::{AtomicBool, AtomicUsize, Instant, Mutex};
use crate::sync::{lock, lock_with_room};
use crate::{shutdown, unwind};

/// Waits until a shutdown begins: from then on nothing is to be fetched.
pub fn stopping() -> Stop {
    Stop::new(shutdown::has_begun)
}

/// Waits until a shutdown has ended, at a moment of quiet or at its deadline.
pub fn ended() -> Stop {
    Stop::new(shutdown::has_ended)
}

/// A future that is ready once a shutdown has come so far: see [`stopping`] and [`ended`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stop {
    holds: fn() -> bool,
    /// Under which its waker is kept.
    number: usize,
}

impl Stop {
    fn new(holds: fn() -> bool) -> Self {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        Self {
            holds,
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Future for Stop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        watch();
        // Kept before the look: who changes the state wakes those that are kept after it.
        let older = keep(self.number, Some(context.waker().clone()));
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
        drop(keep(self.number, None));
    }
}

/// Returns what was kept before: it is dropped outside the lock, being the executor's code.
fn keep(number: usize, waker: Option<Waker>) -> Option<Waker> {
    let mut wakers = lock_with_room(&WAKERS);
    let place = wakers.iter().position(|(other, _)| *other == number);
    let older = place.map(|place| wakers.swap_remove(place).1);
    if let Some(waker) = waker {
        wakers.push((number, waker));
    }
    older
}

/// From now on a shutdown tells this module of its changes.
pub(super) fn watch() {
    service::adopt_once(&IS_WATCHED, &WATCHERS);
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

impl Tended for Watchers {
    fn tend(&'static self, _: Instant) -> Option<Instant> {
        tell();
        if shutdown::has_ended() {
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
    outbox::look_again();
    // One after the other: one that is stuck keeps none of the others from being found.
    let mut left = lock(&WAKERS).len();
    while left > 0
        && let Some((_, waker)) = take_one()
    {
        // Caught by itself: it is code of somebody's executor, and a panic goes no further.
        let _ = unwind::catch(|| waker.wake());
        left -= 1;
    }
}

fn take_one() -> Option<(usize, Waker)> {
    let mut wakers = lock(&WAKERS);
    if wakers.is_empty() {
        None
    } else {
        Some(wakers.remove(0))
    }
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
static WAKERS: Mutex<Vec<(usize, Waker)>> = Mutex::new(Vec::new());
