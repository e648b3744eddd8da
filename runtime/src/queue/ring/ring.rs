//! A bounded queue for many producers and many consumers, without a lock, whose memory is touched only as it fills.
//!
//! It is Dmitry Vyukov's array queue: each slot has a stamp that says whose turn it is, a producer's or a consumer's,
//! and in which lap around the array it was filled. Here a slot that was freed in any lap is free, so memory full of zeros
//! is an empty queue, and the system provides a page of it when the first launch gets there. And an empty queue can
//! begin its next lap early: one that is never deep stays in a few pages. One that was deep can give its pages back.
//!
//! A consumer may say that it is busy with what it took. How many are is counted in the word that says how far the queue
//! has been emptied, so that producers have an exact bound for what waits and what is in work together. They look at that
//! word only when as many items have been pushed as it last allowed.

use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::atomic::Ordering;

use super::laps::{Laps, POSITION_BITS, POSITIONS};
use super::resident::Resident;
use super::slots::{self, Slot, Slots};
use crate::sync::{AtomicU64, spin_loop, yield_now};

/// First in, first out, never more than its capacity.
///
/// `N` is what a producer looks at after a push: it lies on the cache line that the push has just written.
pub(crate) struct Ring<T, N> {
    /// Written by producers.
    pub(super) tail: Line<Tail<N>>,
    /// Written by consumers: a position, and above it the number of those who are [`BUSY`].
    pub(super) head: Line<AtomicU64>,
    pub(super) slots: Slots<T>,
    pub(super) laps: Laps,
    /// How many items may wait or be in work.
    pub(super) bound: AtomicU64,
    pub(super) resident: Resident,
}

pub(super) struct Tail<N> {
    pub(super) position: AtomicU64,
    /// Before this position there was room, when last somebody looked; there is still.
    pub(super) limit: AtomicU64,
    pub(super) beside: N,
}

impl<T, N> Ring<T, N> {
    /// # Panics
    ///
    /// When the capacity is zero or above 2³², or when there is no memory for it.
    pub(crate) fn new(capacity: usize, beside_tail: N) -> Self {
        Self {
            tail: Line(Tail {
                position: AtomicU64::new(0),
                limit: AtomicU64::new(0),
                beside: beside_tail,
            }),
            head: Line(AtomicU64::new(0)),
            slots: Slots::new(capacity),
            laps: Laps::new(capacity),
            bound: AtomicU64::new(capacity as u64),
            resident: Resident::new(),
        }
    }

    /// Says how many items may wait or be in work, at most the capacity; fewer than before never.
    pub(crate) fn allow(&self, bound: usize) {
        // A full queue is asked again and again, and the line stays shared.
        if self.bound.load(Ordering::Relaxed) != bound as u64 {
            self.bound.store(bound as u64, Ordering::Relaxed);
        }
    }

    /// As if nearly all positions there are had been pushed to.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn begin_in_the_last_lap(&self) {
        let lap = self.laps.lap(POSITIONS);
        let start = self.laps.start_of(lap);
        self.tail.0.position.store(start, Ordering::Relaxed);
        self.tail.0.limit.store(start, Ordering::Relaxed);
        self.head.0.store(start, Ordering::Relaxed);
    }

    pub(crate) fn beside_tail(&self) -> &N {
        &self.tail.0.beside
    }

    /// Moves an item in, if there is one. False when the queue is full.
    pub(crate) fn push(&self, from: &mut Option<T>) -> bool {
        if from.is_none() {
            return true;
        }
        let Some(vacant) = self.claim() else {
            return false;
        };
        if let Some(item) = from.take() {
            vacant.fill(item);
        }
        true
    }

    /// Claims the next slot for an item, which is to be moved in at once: whoever takes items out waits for it. None
    /// when as many items wait or are in work as may.
    #[inline]
    pub(crate) fn claim(&self) -> Option<Vacant<'_, T>> {
        let tail = &self.tail.0;
        let position = tail.position.load(Ordering::Relaxed);
        if Laps::is_before(position, tail.limit.load(Ordering::Acquire))
            && let Some(Ok(vacant)) = self.try_claim(position)
        {
            return Some(vacant);
        }
        self.claim_slowly()
    }

    #[cold]
    fn claim_slowly(&self) -> Option<Vacant<'_, T>> {
        let tail = &self.tail.0;
        // Acquire: the head that is read later is not from before a lap that began early.
        let mut position = tail.position.load(Ordering::Acquire);
        let mut backoff = Backoff::new();
        loop {
            if !Laps::is_before(position, tail.limit.load(Ordering::Acquire)) {
                let head = self.head.0.load(Ordering::SeqCst);
                let limit = self.limit(head);
                if !Laps::is_before(position, limit) {
                    let newer = tail.position.load(Ordering::Acquire);
                    if newer != position {
                        position = newer;
                        continue;
                    }
                    if !self.is_between(head, position) {
                        return None;
                    }
                    backoff.snooze();
                    position = tail.position.load(Ordering::Acquire);
                    continue;
                }
                // Release: see `try_claim`.
                tail.limit.store(limit, Ordering::Release);
            }
            match self.try_claim(position) {
                Some(Ok(vacant)) => return Some(vacant),
                Some(Err(newer)) => {
                    backoff.spin();
                    position = newer;
                }
                None => {
                    // Another producer was faster, or a consumer is just moving the item out of this slot.
                    backoff.snooze();
                    position = tail.position.load(Ordering::Acquire);
                }
            }
        }
    }

    /// Claims the slot at this position, if that is the next one. None if the slot is not free; the error is the next
    /// position, or for no reason the same.
    #[inline]
    fn try_claim(&self, position: u64) -> Option<Result<Vacant<'_, T>, u64>> {
        let (lap, slot) = self.at(position);
        // Acquire pairs with the store in `free`: the item that was in the slot has been moved out. This is not a stamp
        // of before that item: the limit was computed by who saw, by the head, that a consumer had seen the item, and
        // that limit was read before.
        let stamp = slot.stamp.load(Ordering::Acquire);
        if stamp != FREE {
            return None;
        }
        // SeqCst: from here on the queue is not empty, for whoever looks after having said that it will sleep. See
        // `Worker::park`.
        let claimed = self.tail.0.position.compare_exchange_weak(
            position,
            self.laps.after(position),
            Ordering::SeqCst,
            Ordering::Acquire,
        );
        Some(claimed.map(|_| {
            self.prefetch(position);
            Vacant {
                slot,
                filled: taken_in(lap),
            }
        }))
    }

    /// The position before which there is room. It never goes back: an item that is taken by one who is idle goes from
    /// those that wait to those in work.
    fn limit(&self, head: u64) -> u64 {
        let bound = self.bound.load(Ordering::Relaxed);
        let waiting = bound.saturating_sub(head >> POSITION_BITS);
        #[allow(clippy::cast_possible_truncation)] // It was a `usize`.
        self.laps.ahead(head & POSITIONS, waiting as usize)
    }

    /// Is somebody between two steps, so that the head does not say how many items there are? One who passes slots over; so
    /// does a producer look that has not filled its slot.
    fn is_between(&self, head: u64, tail: u64) -> bool {
        let (lap, slot) = self.at(head & POSITIONS);
        head & POSITIONS != tail && slot.stamp.load(Ordering::Relaxed) != taken_in(lap)
    }

    /// Moves the oldest item out. None if there was none.
    pub(crate) fn pop(&self) -> Option<T> {
        self.take().map(Occupied::into_item)
    }

    /// Takes the oldest item, which is to leave its slot at once: the slot is needed in the next lap. None if there was
    /// no item.
    #[inline]
    pub(crate) fn take(&self) -> Option<Occupied<'_, T>> {
        self.take_and_add(0)
    }

    /// As [`take`](Self::take), by one who is busy from then on, until [`end_busy`](Self::end_busy): who goes from one item to the
    /// next takes that by `take`.
    #[inline]
    pub(crate) fn take_as_busy(&self) -> Option<Occupied<'_, T>> {
        self.take_and_add(BUSY)
    }

    /// One who was busy is not any more: there is room for one more item.
    pub(crate) fn end_busy(&self) {
        // SeqCst: there is room, for whoever looks after having said that it waits. See `capacity::room`. And so for
        // whoever waits until nothing is queued or in work: see `wait::changed`.
        self.head.0.fetch_sub(BUSY, Ordering::SeqCst);
    }

    #[inline]
    fn take_and_add(&self, busy: u64) -> Option<Occupied<'_, T>> {
        let head = &self.head.0;
        let mut before = head.load(Ordering::Relaxed);
        let mut backoff = Backoff::new();
        loop {
            let position = before & POSITIONS;
            let (lap, slot) = self.at(position);
            // Acquire pairs with the store in `fill`: the item is there.
            let stamp = slot.stamp.load(Ordering::Acquire);
            if stamp == taken_in(lap) {
                // SeqCst: there is room, for whoever looks after having said that it waits. See `capacity::room`.
                match head.compare_exchange_weak(
                    before,
                    (before - position + busy) | self.laps.after(position),
                    Ordering::SeqCst,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => {
                        self.prefetch(position);
                        return Some(Occupied(slot));
                    }
                    Err(newer) => {
                        backoff.spin();
                        before = newer;
                    }
                }
            } else {
                // SeqCst: who has said that it will sleep sees every launch that did not see it. See `Worker::park`.
                if self.tail.0.position.load(Ordering::SeqCst) == position {
                    return None;
                }
                // Another consumer was faster, or a producer is just moving its item in.
                backoff.snooze();
                before = head.load(Ordering::Relaxed);
            }
        }
    }

    /// Is there nothing to take? An item counts from the moment its producer has claimed its slot.
    pub(crate) fn is_empty(&self) -> bool {
        let head = self.head.0.load(Ordering::SeqCst) & POSITIONS;
        self.tail.0.position.load(Ordering::SeqCst) == head
    }

    /// Is there nothing to take, and nobody busy? If so, there was such a moment: nobody becomes busy without moving the
    /// head.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut backoff = Backoff::new();
        loop {
            let head = self.head.0.load(Ordering::SeqCst);
            let tail = self.tail.0.position.load(Ordering::SeqCst);
            if tail == head {
                return true;
            }
            if head >= BUSY || !self.is_between(head, tail) {
                return false;
            }
            backoff.snooze();
        }
    }

    /// May there be something to take? Only looks at the slot where it would be: who asks again and again in vain
    /// does not disturb the producers.
    pub(crate) fn looks_ready(&self) -> bool {
        let (lap, slot) = self.at(self.head.0.load(Ordering::Relaxed) & POSITIONS);
        slot.stamp.load(Ordering::Relaxed) == taken_in(lap)
    }

    /// Has the processor fetch a slot that comes soon. Another core has written it, and the exchanges of a push and of a
    /// pop wait for what was not there: measured end to end, 75 ns per launch in place of 82.
    #[inline]
    fn prefetch(&self, position: u64) {
        let ahead = self.laps.index(position) + AHEAD;
        if ahead < self.slots.len() {
            slots::prefetch(self.slots.get(ahead));
        }
    }

    #[inline]
    fn at(&self, position: u64) -> (u64, &Slot<T>) {
        let index = self.laps.index(position);
        (self.laps.lap(position), self.slots.get(index))
    }
}

/// A slot that a producer has claimed. To be filled at once: until then, nobody gets at what comes behind it.
#[must_use = "the queue waits for the item"]
pub struct Vacant<'ring, T> {
    slot: &'ring Slot<T>,
    /// The stamp that says that the item is there.
    filled: u64,
}

impl<T> Vacant<'_, T> {
    /// Moves the item in.
    #[inline]
    pub(crate) fn fill(self, item: T) {
        self.slot.item.with_mut(|place| {
            // SAFETY: a `Vacant` is made by `claim` alone, when the stamp said that the slot is free in its lap and the
            // exchange gave its position to this thread alone. It is used up here, and nobody else touches the slot
            // until the stamp changes.
            unsafe { place.write(MaybeUninit::new(item)) }
        });
        // Release: whoever sees this stamp sees the item.
        self.slot.stamp.store(self.filled, Ordering::Release);
    }
}

impl<T> fmt::Debug for Vacant<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vacant").finish_non_exhaustive()
    }
}

/// An item that a consumer has taken, still in its slot. Dropping it drops the item and frees the slot.
pub(crate) struct Occupied<'ring, T>(&'ring Slot<T>);

impl<T> Occupied<'_, T> {
    /// Lends the item out.
    #[inline]
    pub(crate) fn with<R>(&mut self, access: impl FnOnce(&mut T) -> R) -> R {
        self.0.item.with_mut(|place| {
            // SAFETY: an `Occupied` is made by `take` alone, when the stamp said that the slot holds the item of its lap
            // and the exchange gave its position to this thread alone. Nobody else touches the slot until the stamp
            // changes, which is when `self` goes away, and the item with it.
            access(unsafe { (*place).assume_init_mut() })
        })
    }

    /// Moves the item out.
    pub(crate) fn into_item(self) -> T {
        let this = ManuallyDrop::new(self);
        // SAFETY: as in `with`; `self` has gone away without being dropped, so the item is moved out exactly once.
        let item = this
            .0
            .item
            .with_mut(|place| unsafe { place.read().assume_init() });
        this.free();
        item
    }

    #[inline]
    fn free(&self) {
        // Release: the producer of the next lap writes after what was done with the item here.
        self.0.stamp.store(FREE, Ordering::Release);
    }
}

impl<T> Drop for Occupied<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: as in `with`; `self` goes away, so the item is dropped exactly once.
        self.0
            .item
            .with_mut(|place| unsafe { (*place).assume_init_drop() });
        self.free();
    }
}

impl<T, N> Drop for Ring<T, N> {
    fn drop(&mut self) {
        while self.take().is_some() {}
    }
}

impl<T, N: fmt::Debug> fmt::Debug for Ring<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("capacity", &self.slots.len())
            .field("beside_tail", self.beside_tail())
            .finish_non_exhaustive()
    }
}

/// One consumer that is busy, in the word of the head.
const BUSY: u64 = 1 << POSITION_BITS;

/// The stamp of a slot that was filled in this lap.
#[inline]
fn taken_in(lap: u64) -> u64 {
    lap << 1 | 1
}

/// The stamp of a slot without an item, as memory is provided.
pub(super) const FREE: u64 = 0;

/// Alone on its cache line. 128 bytes: processors fetch lines in pairs.
#[repr(align(128))]
pub(super) struct Line<T>(pub(super) T);

/// For the short time in which another thread is between claiming a slot and being done with it. It runs no code of
/// the user's there, but the system may have stopped it.
struct Backoff(u32);

impl Backoff {
    #[inline]
    fn new() -> Self {
        Self(0)
    }

    /// Another thread was faster, and would be again: two that try without a pause slow each other down.
    #[cold]
    fn spin(&mut self) {
        let doublings = if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
            0
        } else {
            self.0.min(6)
        };
        for _ in 0..1 << doublings {
            spin_loop();
        }
        self.0 += 1;
    }

    #[cold]
    fn snooze(&mut self) {
        self.0 += 1;
        match self.0 {
            ..64 => spin_loop(),
            64..256 => yield_now(),
            // Under real-time scheduling, yielding may never let the other thread go on.
            _ => nap(),
        }
    }
}

#[cfg(not(any(fire_and_forget_loom, fire_and_forget_shuttle)))]
fn nap() {
    std::thread::sleep(std::time::Duration::from_micros(50));
}

#[cfg(any(fire_and_forget_loom, fire_and_forget_shuttle))]
fn nap() {
    yield_now();
}

/// How many slots ahead. There may be none so far ahead before the end of the lap: then none is fetched.
const AHEAD: usize = 4;
