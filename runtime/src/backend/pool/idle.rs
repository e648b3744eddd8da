//! Which workers of a pool are idle, and how one of them is woken without a lock.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

use crate::sync::lock;

/// One place per thread that the pool may have.
#[derive(Debug)]
pub(super) struct Idle {
    places: Box<[Place]>,
    /// How many places are `IDLE`, or are about to be. Only a hint that spares the scan of the places.
    idle: AtomicUsize,
}

#[derive(Debug)]
struct Place {
    state: AtomicU8,
    /// Set by the worker before it first becomes idle, and read only by who has just woken it: never contended.
    thread: Mutex<Option<Thread>>,
}

/// No worker.
const FREE: u8 = 0;
/// The worker runs bodies or looks for some. Whoever changes `IDLE` to this has to unpark the worker.
const BUSY: u8 = 1;
/// The worker has found nothing and sleeps, or is about to. Set by the worker alone.
const IDLE: u8 = 2;

impl Idle {
    pub(super) fn new(seats: NonZeroUsize) -> Self {
        let free = || Place {
            state: AtomicU8::new(FREE),
            thread: Mutex::new(None),
        };
        Self {
            places: (0..seats.get()).map(|_| free()).collect(),
            idle: AtomicUsize::new(0),
        }
    }

    pub(super) fn seats(&self) -> usize {
        self.places.len()
    }

    /// Takes a place for a new worker.
    pub(super) fn take_seat(&'static self) -> Option<Seat> {
        let taken = self.places.iter().position(|place| {
            place
                .state
                .compare_exchange(FREE, BUSY, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        });
        taken.map(|index| Seat { idle: self, index })
    }

    /// Wakes one idle worker. False if there is none.
    pub(super) fn wake_one(&self) -> bool {
        self.idle.load(Ordering::Relaxed) > 0 && self.places.iter().any(|place| self.wake(place))
    }

    pub(super) fn wake_all(&self) {
        for place in &self.places {
            self.wake(place);
        }
    }

    fn wake(&self, place: &Place) -> bool {
        let woken = self.end_idleness(place);
        if woken && let Some(thread) = &*lock(&place.thread) {
            thread.unpark();
        }
        woken
    }

    fn end_idleness(&self, place: &Place) -> bool {
        let ended = place
            .state
            .compare_exchange(IDLE, BUSY, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        if ended {
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
        ended
    }
}

/// A worker's place; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Seat {
    idle: &'static Idle,
    index: usize,
}

impl Seat {
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// To be called once by the worker, on its thread.
    pub(super) fn sit_down(&self) {
        *lock(&self.place().thread) = Some(thread::current());
    }

    /// Says that this worker has found nothing. It has to look once more before it sleeps.
    pub(super) fn become_idle(&self) {
        self.idle.idle.fetch_add(1, Ordering::Relaxed);
        self.place().state.store(IDLE, Ordering::Release);
    }

    /// Takes the word back. False if somebody has woken this worker meanwhile.
    pub(super) fn cancel_idleness(&self) -> bool {
        self.idle.end_idleness(self.place())
    }

    /// Sleeps until woken. False at the deadline.
    pub(super) fn sleep_until(&self, deadline: Option<Instant>) -> bool {
        while self.place().state.load(Ordering::Acquire) == IDLE {
            let Some(deadline) = deadline else {
                thread::park();
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return !self.cancel_idleness();
            }
            thread::park_timeout(left);
        }
        true
    }

    fn place(&self) -> &Place {
        &self.idle.places[self.index]
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *lock(&self.place().thread) = None;
        self.place().state.store(FREE, Ordering::Release);
    }
}
