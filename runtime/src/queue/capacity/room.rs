//! The callers that wait for room in one queue, or under one limit: each place that becomes free wakes one of them.
//!
//! A caller enters the list and then makes an attempt; a thread that frees a place does so and then reads how many wait.
//! Both are sequentially consistent: that thread sees the waiter, or the attempt sees the place. So no place is free while
//! a caller sleeps for it. A place for which no caller waits costs one load.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::sync::process::{AtomicUsize, Condvar, Mutex, OnceLock, fence};
use crate::sync::{lock, lock_with_room};

/// The callers that wait for the places of one queue, or for the permits of one function. First come, first woken.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the backends of this crate alone")]
pub struct Room {
    /// How many wait: the length of `queue`, for a look without the lock.
    waiting: AtomicUsize,
    /// Nothing is allocated while this is locked: an allocator is the user's code, and may launch.
    queue: Mutex<Vec<Arc<Waiter>>>,
    /// The next room in the list of those that a shutdown empties; set when this room is in that list.
    next: OnceLock<Option<&'static Room>>,
}

/// What came of one attempt to launch.
pub(crate) enum Attempt {
    /// Nothing is left to wait for.
    Over,
    /// The queue or the limit is full: the caller waits in this room, and for a permit if there is one. None where only a
    /// backend of the user's knows of room.
    Full(Option<(&'static Room, Option<Permit>)>),
}

/// A permit that a launch waits for: fewer than `limit` may be out when it takes one. Each launch brings its own limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit {
    limit: usize,
    /// How many are out.
    out: &'static AtomicUsize,
}

impl Permit {
    pub(crate) fn new(limit: usize, out: &'static AtomicUsize) -> Self {
        Self { limit, out }
    }
}

/// A blocked caller.
#[derive(Debug)]
struct Waiter {
    /// A place helps it while fewer permits than this are out.
    limit: usize,
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Room {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            queue: Mutex::new(Vec::new()),
            next: OnceLock::new(),
        }
    }

    /// Wakes the first caller, after a sequentially consistent exchange has freed a place.
    #[inline]
    pub(crate) fn freed(&self) {
        // SeqCst, and no fence: the exchange pairs with the fence in `wait`.
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.wake_one(0);
        }
    }

    /// Wakes the first caller that a permit helps, after one has come back; `out` is how many are out now.
    #[inline]
    pub(crate) fn freed_permit(&self, out: usize) {
        // Pairs with the fence in `wait`.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.wake_one(out);
        }
    }

    /// Does a caller wait?
    #[cfg(all(test, fire_and_forget_shuttle))]
    pub(crate) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) != 0
    }

    /// Wakes the first caller that can be helped while so many permits are out.
    #[cold]
    fn wake_one(&self, out: usize) {
        let mut queue = lock(&self.queue);
        let place = queue.iter().position(|waiter| out < waiter.limit);
        let first = place.map(|place| queue.remove(place));
        self.waiting.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        if let Some(waiter) = first {
            waiter.wake();
        }
    }

    fn wake_all(&self) {
        let mut queue = lock(&self.queue);
        let all = std::mem::take(&mut *queue);
        self.waiting.store(0, Ordering::SeqCst);
        drop(queue);
        for waiter in all {
            waiter.wake();
        }
    }

    /// Waits for room here until an attempt finds it, or has to wait for something else.
    ///
    /// A caller that is woken, and finds that a new launch has taken its place, waits on as the first in the queue. If it
    /// waits for a permit, it wakes another caller then, since one with a higher limit may be helped.
    pub(super) fn wait(
        &'static self,
        permit: Option<Permit>,
        attempt: &mut impl FnMut() -> Attempt,
    ) -> Attempt {
        self.register();
        let waiter = Arc::new(Waiter {
            limit: permit.map_or(usize::MAX, |permit| permit.limit),
            is_woken: Mutex::new(false),
            woken: Condvar::new(),
        });
        let mut is_first = false;
        loop {
            self.enter(&waiter, is_first);
            // Pairs with the fence in `freed_permit`, and with the sequentially consistent exchange by which a worker takes
            // an item from its queue: that thread sees that a caller waits, or this attempt sees what it freed.
            fence(Ordering::SeqCst);
            let after = attempt();
            if !self.is_meant(&after) {
                self.leave(&waiter, permit);
                return after;
            }
            waiter.park();
            is_first = true;
            let after = attempt();
            if !self.is_meant(&after) {
                return after;
            }
            if permit.is_some() {
                self.wake_one(out(permit));
            }
        }
    }

    /// Is this room what the attempt has to wait for?
    fn is_meant(&self, after: &Attempt) -> bool {
        matches!(after, Attempt::Full(Some((room, _))) if std::ptr::eq(*room, self))
    }

    /// Puts a waiter into the queue.
    fn enter(&self, waiter: &Arc<Waiter>, is_first: bool) {
        let mut queue = lock_with_room(&self.queue);
        let place = if is_first { 0 } else { queue.len() };
        queue.insert(place, Arc::clone(waiter));
        self.waiting.store(queue.len(), Ordering::SeqCst);
    }

    /// Enters this room into the list of those that a shutdown empties. Once is enough.
    fn register(&'static self) {
        if self.next.get().is_none() {
            let mut first = lock(&ROOMS);
            if self.next.set(*first).is_ok() {
                *first = Some(self);
            }
        }
    }

    /// Takes a waiter out that has found room without being woken. If it was woken meanwhile, another place is free, and
    /// another caller is woken for it.
    fn leave(&self, waiter: &Arc<Waiter>, permit: Option<Permit>) {
        let mut queue = lock(&self.queue);
        let place = queue.iter().position(|other| Arc::ptr_eq(other, waiter));
        if let Some(place) = place {
            queue.remove(place);
        }
        self.waiting.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        if place.is_none() {
            self.wake_one(out(permit));
        }
    }
}

/// How many permits are out; 0 where it is not a permit that is waited for.
fn out(permit: Option<Permit>) -> usize {
    permit.map_or(0, |permit| permit.out.load(Ordering::SeqCst))
}

impl Waiter {
    /// Ends the sleep of this caller.
    fn wake(&self) {
        *lock(&self.is_woken) = true;
        self.woken.notify_all();
    }

    /// Sleeps until woken.
    fn park(&self) {
        let mut is_woken = lock(&self.is_woken);
        while !*is_woken {
            is_woken = self
                .woken
                .wait(is_woken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *is_woken = false;
    }
}

/// Wakes all callers in all rooms.
pub(super) fn wake_everybody() {
    // A room that enters the list later has a first waiter that has not made its attempt: that attempt finds the shutdown.
    let mut next = *lock(&ROOMS);
    while let Some(room) = next {
        room.wake_all();
        next = room.next.get().copied().flatten();
    }
}

/// The first of the rooms in which a caller has ever waited.
static ROOMS: Mutex<Option<&'static Room>> = Mutex::new(None);
