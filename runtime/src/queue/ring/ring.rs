//! The algorithm of the queue: Dmitry Vyukov's bounded array queue, with three changes.
//!
//! Each slot has a stamp: [`FREE`], or the lap around the array in which its item was pushed. A producer claims a slot by
//! moving the tail past it, writes the item, and then the stamp. A consumer sees the stamp, takes the slot by moving the
//! head past it, and sets the stamp to `FREE` when the item has left.
//! - A slot that was freed in any lap is free. So zeroed memory is an empty queue, and a page is resident once it was used.
//! - An empty queue can begin its next lap early, and give its pages back to the system (`resident.rs`).
//! - The word of the head also counts the busy consumers, so what waits and what is in work have one exact bound. A
//!   producer reads it only when the tail reaches the limit that was last computed; an old limit is too low, never too
//!   high.

use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::atomic::Ordering;

use super::laps::{Laps, POSITION_BITS, POSITIONS};
use super::resident::Resident;
use super::slots::{self, Slot, Slots};
use crate::sync::{AtomicU64, spin_loop, yield_now};

/// A queue, first in, first out, that never holds more than its capacity. A launch through it costs 54 ns in a burst and 90
/// every 30 µs, where `crossbeam_queue::ArrayQueue` took 65 and 150, and touched all memory at the start.
///
/// `N` is what a producer reads after a push: it lies on the cache line that the push has just written.
#[repr(C)] // What both ends read, and hardly anything writes, is on one cache line.
pub(crate) struct Ring<T, N> {
    /// Written by producers.
    pub(super) tail: Line<Tail<N>>,
    /// Written by consumers: a position, and above it the number of consumers that are [`BUSY`].
    pub(super) head: Line<AtomicU64>,
    pub(super) slots: Slots<T>,
    pub(super) laps: Laps,
    /// How many items may wait or be in work; it never shrinks.
    pub(super) bound: AtomicU64,
    pub(super) resident: Resident,
}

pub(super) struct Tail<N> {
    pub(super) position: AtomicU64,
    /// Positions before this one had room when a producer last computed it, and still have: see `Ring::limit`.
    pub(super) limit: AtomicU64,
    pub(super) beside: N,
}

impl<T, N> Ring<T, N> {
    /// Makes an empty queue. Aborts the process if the system has no memory for it.
    ///
    /// # Panics
    ///
    /// When the capacity is zero or above 2³², or when that many slots exceed the address space.
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

    /// Sets how many items may wait or be in work. The number is at most the capacity, and not below the one set before.
    pub(crate) fn allow(&self, bound: usize) {
        // A store for each look at a full queue would take the cache line from the other producers.
        if self.bound.load(Ordering::Relaxed) != bound as u64 {
            self.bound.store(bound as u64, Ordering::Relaxed);
        }
    }

    /// Moves an empty queue to the start of the last lap, after which positions begin again at zero.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn begin_in_the_last_lap(&self) {
        let lap = self.laps.lap(POSITIONS);
        let start = self.laps.start_of(lap);
        self.tail.0.position.store(start, Ordering::Relaxed);
        self.tail.0.limit.store(start, Ordering::Relaxed);
        self.head.0.store(start, Ordering::Relaxed);
    }

    /// What a producer reads after a push.
    pub(crate) fn beside_tail(&self) -> &N {
        &self.tail.0.beside
    }

    /// Moves an item out of `from` into the queue. False when the queue is full; `from` keeps the item then.
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

    /// Claims the next slot. The caller fills it at once, since consumers wait for it. None when as many items wait or are
    /// in work as may. A launcher that writes its arguments right into the slot writes one cache line, and pays 19 ns; 27
    /// where it moves a task in.
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
        // Acquire pairs with the exchange of the tail in `pass_over`: the head that is read below is not from before a lap
        // that began early.
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
                // Release pairs with the loads of the limit: see the stamp in `try_claim`.
                tail.limit.store(limit, Ordering::Release);
            }
            match self.try_claim(position) {
                Some(Ok(vacant)) => return Some(vacant),
                Some(Err(newer)) => {
                    backoff.spin();
                    position = newer;
                }
                None => {
                    // Another producer was faster, or a consumer is moving the item out of this slot.
                    backoff.snooze();
                    position = tail.position.load(Ordering::Acquire);
                }
            }
        }
    }

    /// Claims the slot at this position, if the tail is there. None if the slot is not free. The error is the position of
    /// the tail, which is the same one if the exchange failed spuriously.
    #[inline]
    fn try_claim(&self, position: u64) -> Option<Result<Vacant<'_, T>, u64>> {
        let laps = self.laps; // A copy: the compiler would read the field again after each atomic.
        let index = laps.index(position);
        let slot = self.slots.get(index);
        // Acquire pairs with the store in `Occupied::free`: the last item has been moved out. A stale `FREE`, from before
        // that item, is not read: a limit beyond this position comes from a head that had passed the item, so from after a
        // consumer saw its stamp; and the limit was read before, with Acquire.
        let stamp = slot.stamp.load(Ordering::Acquire);
        if stamp != FREE {
            return None;
        }
        // SeqCst pairs with `State::park`: a push moves the tail and then reads the state, a worker changes the state and
        // then reads the tail. So the push sees a parked worker, or the worker sees the item. The lane relies on the same.
        let claimed = self.tail.0.position.compare_exchange_weak(
            position,
            laps.after(position),
            Ordering::SeqCst,
            Ordering::Acquire,
        );
        Some(claimed.map(|_| {
            self.prefetch(index);
            Vacant {
                slot,
                filled: filled_in(laps.lap(position)),
            }
        }))
    }

    /// The position before which there is room. It never moves back: an item that an idle consumer takes stops waiting and
    /// is in work, so their sum stays.
    fn limit(&self, head: u64) -> u64 {
        let bound = self.bound.load(Ordering::Relaxed);
        let waiting = bound.saturating_sub(head >> POSITION_BITS);
        #[allow(clippy::cast_possible_truncation)] // It was a `usize`.
        self.laps.ahead(head & POSITIONS, waiting as usize)
    }

    /// Does the distance from head to tail count slots that hold no item? It does while `pass_over` has moved the tail and
    /// not yet the head. A producer that has not yet filled the slot at the head looks the same.
    fn is_between(&self, head: u64, tail: u64) -> bool {
        let (lap, slot) = self.at(head & POSITIONS);
        head & POSITIONS != tail && slot.stamp.load(Ordering::Relaxed) != filled_in(lap)
    }

    /// Moves the oldest item out. None if the queue is empty.
    pub(crate) fn pop(&self) -> Option<T> {
        self.take().map(Occupied::into_item)
    }

    /// Takes the oldest item. The caller moves it out at once, since the next lap needs its slot. None if the queue is
    /// empty.
    #[inline]
    pub(crate) fn take(&self) -> Option<Occupied<'_, T>> {
        self.take_and_add(0)
    }

    /// Takes the oldest item and counts the caller as busy until [`end_busy`](Self::end_busy). A busy consumer takes its
    /// next item by [`take`](Self::take).
    #[inline]
    pub(crate) fn take_as_busy(&self) -> Option<Occupied<'_, T>> {
        self.take_and_add(BUSY)
    }

    /// Counts the caller as busy no longer, which makes room for one more item.
    pub(crate) fn end_busy(&self) {
        // SeqCst pairs with the fence in `Room::wait`: a caller enters the list of waiters and then looks for room, a
        // consumer makes room and then reads that list. It also pairs with `waiting::changed`, for a wait until nothing is
        // queued or in work.
        self.head.0.fetch_sub(BUSY, Ordering::SeqCst);
    }

    #[inline]
    fn take_and_add(&self, busy: u64) -> Option<Occupied<'_, T>> {
        let head = &self.head.0;
        let laps = self.laps; // A copy: the compiler would read the field again after each atomic.
        let mut before = head.load(Ordering::Relaxed);
        let mut backoff = Backoff::new();
        loop {
            let position = before & POSITIONS;
            let index = laps.index(position);
            let slot = self.slots.get(index);
            // Acquire pairs with the store in `Vacant::fill`: the item has been written.
            let stamp = slot.stamp.load(Ordering::Acquire);
            if stamp == filled_in(laps.lap(position)) {
                // SeqCst pairs with the fence in `Room::wait`, as in `end_busy`: going on to the next item makes room.
                match head.compare_exchange_weak(
                    before,
                    (before - position + busy) | laps.after(position),
                    Ordering::SeqCst,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => {
                        self.prefetch(index);
                        return Some(Occupied(slot));
                    }
                    Err(newer) => {
                        backoff.spin();
                        before = newer;
                    }
                }
            } else {
                // SeqCst pairs with the exchange in `try_claim`: a consumer that has just changed the state, as in
                // `State::started`, sees each item whose push read the state before.
                if self.tail.0.position.load(Ordering::SeqCst) == position {
                    return None;
                }
                // Another consumer was faster, or a producer is moving its item in.
                backoff.snooze();
                before = head.load(Ordering::Relaxed);
            }
        }
    }

    /// Is no slot claimed and not yet taken? An item counts from the moment its producer has claimed the slot.
    pub(crate) fn is_empty(&self) -> bool {
        // SeqCst pairs with the exchange in `try_claim`: a worker that parks changes the state before it asks this.
        let head = self.head.0.load(Ordering::SeqCst) & POSITIONS;
        self.tail.0.position.load(Ordering::SeqCst) == head
    }

    /// Is no item queued, and no consumer busy? True means that there was such a moment: a consumer becomes busy only by
    /// moving the head.
    pub(crate) fn is_quiet(&self) -> bool {
        let mut backoff = Backoff::new();
        // SeqCst pairs with the subtraction in `end_busy`: the caller of a true answer sees what was done with all items.
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

    /// May there be an item to take? Reads only the slot at the head, so a consumer that spins does not disturb the
    /// producers.
    pub(crate) fn looks_ready(&self) -> bool {
        let (lap, slot) = self.at(self.head.0.load(Ordering::Relaxed) & POSITIONS);
        slot.stamp.load(Ordering::Relaxed) == filled_in(lap)
    }

    /// Prefetches a slot that comes soon after this one. Another core has written it, and the exchanges of a push and of a pop
    /// would wait for its cache line: 75 ns per launch end to end, 82 without.
    #[inline]
    fn prefetch(&self, index: usize) {
        let ahead = index + AHEAD;
        if ahead < self.slots.len() {
            slots::prefetch(self.slots.get(ahead));
        }
    }

    /// The lap of a position, and its slot.
    #[inline]
    fn at(&self, position: u64) -> (u64, &Slot<T>) {
        let index = self.laps.index(position);
        (self.laps.lap(position), self.slots.get(index))
    }
}

/// A slot that a producer has claimed. Consumers cannot pass it until it is filled.
#[must_use = "the queue waits for the item"]
pub struct Vacant<'ring, T> {
    slot: &'ring Slot<T>,
    /// The stamp to write when the item is in the slot.
    filled: u64,
}

impl<T> Vacant<'_, T> {
    /// Moves the item in.
    #[inline]
    pub(crate) fn fill(self, item: T) {
        self.slot.item.with_mut(|place| {
            // SAFETY: only `try_claim` makes a `Vacant`: the stamp said that the slot is free, and the exchange of the tail
            // gave its position to this thread alone. `fill` consumes the `Vacant`, and no other thread touches the item
            // until the stamp changes below.
            unsafe { place.write(MaybeUninit::new(item)) }
        });
        // Release pairs with the load of the stamp in `take_and_add`: a consumer that sees it sees the item.
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
            // SAFETY: only `take_and_add` makes an `Occupied`: the stamp said that the slot holds the item of its lap, and
            // the exchange of the head gave its position to this thread alone. No other thread touches the item until
            // `free` changes the stamp, and that is the end of `self` and its item.
            access(unsafe { (*place).assume_init_mut() })
        })
    }

    /// Moves the item out and frees the slot.
    #[inline]
    pub(crate) fn into_item(self) -> T {
        let this = ManuallyDrop::new(self);
        // SAFETY: as in `with`. `ManuallyDrop` keeps `self` from being dropped, so the item is moved out exactly once.
        let item = this
            .0
            .item
            .with_mut(|place| unsafe { place.read().assume_init() });
        this.free();
        item
    }

    #[inline]
    fn free(&self) {
        // Release pairs with the load of the stamp in `try_claim`: the next producer writes after the item has been moved
        // out or dropped.
        self.0.stamp.store(FREE, Ordering::Release);
    }
}

impl<T> Drop for Occupied<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: as in `with`. `self` ends here, so the item is dropped exactly once.
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

/// One busy consumer, in the word of the head.
const BUSY: u64 = 1 << POSITION_BITS;

/// The stamp of a slot whose item was pushed in this lap; never [`FREE`].
#[inline]
fn filled_in(lap: u64) -> u64 {
    lap << 1 | 1
}

/// The stamp of a slot without an item: what zeroed memory holds.
pub(super) const FREE: u64 = 0;

/// A value alone on its cache line. It takes 128 bytes, since processors fetch lines in pairs.
#[repr(align(128))]
pub(super) struct Line<T>(pub(super) T);

/// A pause that grows, for the short time in which another thread is between claiming a slot and leaving it. That thread
/// runs no code of the user's there, but the system may have stopped it.
struct Backoff(u32);

impl Backoff {
    #[inline]
    fn new() -> Self {
        Self(0)
    }

    /// Pauses after a lost exchange. Threads that retry without a pause slow each other down.
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

    /// Pauses until another thread is done with a slot: spins, then yields, then sleeps.
    #[cold]
    fn snooze(&mut self) {
        self.0 += 1;
        match self.0 {
            ..64 => spin_loop(),
            64..256 => yield_now(),
            // Under real-time scheduling, a yield may never let the other thread go on.
            _ => nap(),
        }
    }
}

fn nap() {
    if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
        yield_now();
    } else {
        std::thread::sleep(std::time::Duration::from_micros(50));
    }
}

/// How many slots ahead `prefetch` looks. Near the end of a lap no slot is so far ahead, and none is fetched.
const AHEAD: usize = 4;
