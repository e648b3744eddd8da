//! Those who wait for room in one queue, or under one limit: each place that becomes free calls one of them.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::capacity::Attempt;
use crate::sync::lock;
use crate::sync::process::{AtomicUsize, Condvar, Mutex, MutexGuard, OnceLock, fence};

/// Who waits for the places of one queue, or for the permits of one function. First come, first woken.
///
/// A place that nobody waits for costs who frees it a look at a number.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the backends of this crate alone")]
pub struct Room {
    /// How many wait.
    waiting: AtomicUsize,
    /// Nothing is allocated while this is locked: an allocator is the user's code, and may launch.
    queue: Mutex<VecDeque<Arc<Waiter>>>,
    /// The next one in the list of those that a shutdown empties; set when this one is in it.
    next: OnceLock<Option<&'static Room>>,
}

/// A permit that is waited for: one of so many, of which so many are out. How many there may be is for each launch to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit {
    limit: usize,
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
    /// It can be helped while fewer permits than this are out.
    limit: usize,
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Room {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            queue: Mutex::new(VecDeque::new()),
            next: OnceLock::new(),
        }
    }

    /// A place has become free. For who has changed by an exchange what an attempt looks at.
    #[inline]
    pub(crate) fn freed(&self) {
        // SeqCst, and no fence: see `wait`.
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.wake_one(0);
        }
    }

    /// A permit has come back; so many are out now.
    #[inline]
    pub(crate) fn freed_permit(&self, out: usize) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.wake_one(out);
        }
    }

    /// Does anybody wait?
    #[cfg(all(test, fire_and_forget_shuttle))]
    pub(crate) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) != 0
    }

    /// Calls the first who can be helped while so many permits are out.
    #[cold]
    fn wake_one(&self, out: usize) {
        let mut queue = lock(&self.queue);
        let place = queue.iter().position(|waiter| out < waiter.limit);
        let first = place.and_then(|place| queue.remove(place));
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
    /// Whoever is woken and finds its place taken, by a launch that came just then, waits as the first in the queue. One that
    /// waits for a permit calls another then: one that is too many for it may not be for others.
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
            // an item from its queue: either that thread sees that somebody waits, or the attempt sees what it freed.
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

    fn is_meant(&self, after: &Attempt) -> bool {
        matches!(after, Attempt::Full(Some((room, _))) if std::ptr::eq(*room, self))
    }

    fn enter(&self, waiter: &Arc<Waiter>, is_first: bool) {
        let mut queue = self.queue_with_a_place();
        if is_first {
            queue.push_front(Arc::clone(waiter));
        } else {
            queue.push_back(Arc::clone(waiter));
        }
        self.waiting.store(queue.len(), Ordering::SeqCst);
    }

    /// Locks the queue when it need not grow for one more.
    fn queue_with_a_place(&self) -> MutexGuard<'_, VecDeque<Arc<Waiter>>> {
        let mut longer = VecDeque::new();
        loop {
            let mut queue = lock(&self.queue);
            if queue.len() < queue.capacity() {
                return queue;
            }
            if queue.len() < longer.capacity() {
                longer.extend(queue.drain(..));
                std::mem::swap(&mut *queue, &mut longer);
                // The shorter one is given back when the lock is.
                drop(queue);
                longer = VecDeque::new();
                continue;
            }
            let length = queue.len() * 2 + 4;
            drop(queue);
            longer = VecDeque::with_capacity(length);
        }
    }

    fn register(&'static self) {
        if self.next.get().is_none() {
            let mut first = lock(&ROOMS);
            if self.next.set(*first).is_ok() {
                *first = Some(self);
            }
        }
    }

    /// For who has found room without being woken. If it was woken meanwhile, that was for another place.
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

/// How many permits are out, where it is for permits that is waited.
fn out(permit: Option<Permit>) -> usize {
    permit.map_or(0, |permit| permit.out.load(Ordering::SeqCst))
}

impl Waiter {
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

/// Calls everybody who waits in any room.
pub(super) fn wake_everybody() {
    // A room that is listed later is one whose first waiter has not made its attempt: it finds that the process shuts down.
    let mut next = *lock(&ROOMS);
    while let Some(room) = next {
        room.wake_all();
        next = room.next.get().copied().flatten();
    }
}

/// The first of the rooms in which anybody has ever waited.
static ROOMS: Mutex<Option<&'static Room>> = Mutex::new(None);
