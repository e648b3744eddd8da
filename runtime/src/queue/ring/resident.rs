//! How much of the queue's memory is resident: pages are touched ahead of need, used again from the front, and given back.
//!
//! The last two rest on passing slots over: an empty queue moves both ends on without an item, first the tail and then the
//! head. Between the two steps no producer can reach the slots in between: producers are already beyond them, and the
//! limit, which counts from the head, keeps them from coming around. So a new lap can begin, and pages can be given back,
//! while launches arrive.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::laps::POSITIONS;
use super::ring::{FREE, Ring};
use super::slots::Slot;
use crate::sync::AtomicU64;

/// What is known of the memory. The numbers are estimates: a wrong one costs time or memory, and nothing else.
#[derive(Debug)]
pub(super) struct Resident {
    /// The first slot whose page [`touch_page`](Ring::touch_page) has not touched. It may be beyond the last slot.
    touched: AtomicU64,
    /// The lap that was last begun early. Written inside `pass_over`, so by one thread at a time.
    lap: AtomicU64,
    /// The first slot that had not been used when that lap began, since memory was last given back. Written with `lap`.
    deepest: AtomicU64,
}

impl Resident {
    pub(super) fn new() -> Self {
        Self {
            touched: AtomicU64::new(0),
            lap: AtomicU64::new(0),
            deepest: AtomicU64::new(0),
        }
    }
}

impl<T, N> Ring<T, N> {
    /// Touches the next page of the queue's memory, so that no producer waits for the system to provide it. False when
    /// enough has been touched for the next launches: a queue that is hardly used is to take hardly any memory.
    ///
    /// A launch of a burst costs 245 ns where its page is untouched, and 46 ns where it is touched (virtual machine).
    pub(crate) fn touch_page(&self) -> bool {
        // Loom would order this write of zero after the stamp of an item, although the exchange has read a zero before it.
        if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
            return false;
        }
        let tail = self.tail.0.position.load(Ordering::Relaxed);
        let soon = self.laps.index(tail) + Self::KEPT;
        let end = self.slots.len().min(soon) as u64;
        let touched = &self.resident.touched;
        if touched.load(Ordering::Relaxed) >= end {
            return false;
        }
        let per_page = (PAGE / size_of::<Slot<T>>()).max(1) as u64;
        let next = touched.fetch_add(per_page, Ordering::Relaxed);
        if next < end {
            let stamp = &self.slots.get(self.laps.index(next)).stamp;
            // An exchange of zero for zero changes nothing, but makes the page resident: a read would map the page of zeros
            // that all processes share. If the stamp is not zero, a producer has used the page.
            let _ = stamp.compare_exchange(0, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
        true
    }

    /// Begins the next lap early, if the queue is empty: the slots at the front have been touched before. After 4,000
    /// launches, a hundred at a time, this leaves less than 64 KiB resident instead of 543 KiB.
    pub(crate) fn begin_anew(&self) {
        let position = self.head.0.load(Ordering::Acquire) & POSITIONS;
        // Early laps use positions up, the more the longer a lap is: see `POSITION_BITS`.
        if self.laps.index(position) >= FEW.max(self.slots.len() >> 8) {
            self.go_to_the_front(position);
        }
    }

    /// Does the queue hold memory that [`trim`](Self::trim) would give back?
    pub(crate) fn keeps_much(&self) -> bool {
        let position = self.head.0.load(Ordering::Relaxed) & POSITIONS;
        self.slots.can_be_given_back() && self.deepest(position) > Self::KEPT
    }

    /// Gives the memory that a deep queue has taken back to the system, if the queue is empty; what the next launches need
    /// stays. Meanwhile producers have room for half of the slots less. Where that leaves no room, they wait. After a burst
    /// of 16,000 launches, an idle pool keeps less than 64 KiB instead of 2 MiB.
    pub(crate) fn trim(&self) {
        if !self.keeps_much() {
            return;
        }
        let position = self.head.0.load(Ordering::Acquire) & POSITIONS;
        let Some(front) = self.go_to_the_front(position) else {
            return;
        };
        // `touch_page` touches nothing until the pages have been given back.
        let slots = self.slots.len();
        let touched = &self.resident.touched;
        let before = touched.swap(slots as u64, Ordering::Relaxed);
        #[allow(clippy::cast_possible_truncation)] // At most the number of slots.
        let end = self.deepest(front).max(before.min(slots as u64) as usize);
        let has_trimmed = self.trim_from(front, end);
        // Another worker may trim at the same time: the lower number is right.
        let after = if has_trimmed {
            Self::KEPT as u64
        } else {
            before
        };
        touched.fetch_min(after, Ordering::Relaxed);
    }

    /// Gives the memory of the slots from `KEPT` up to `end` back, if the queue is empty at `front`, the start of a lap.
    /// False if not all of it was given back.
    fn trim_from(&self, front: u64, end: usize) -> bool {
        // Acquire pairs with the store in `Occupied::free`: the item has been moved out.
        let is_free = |index| self.slots.get(index).stamp.load(Ordering::Acquire) == FREE;
        if !(Self::KEPT..end).all(is_free) {
            return false;
        }
        // One half of the slots at a time is given back, while producers go on in the other.
        let middle = self.middle();
        let half = front + middle as u64;
        let has_passed = self.pass_over(front, half, || {
            // SAFETY: no thread claims or fills these slots meanwhile, since `pass_over` passes them over. They were free
            // when `is_free` read them, and the tail has been at `front` since, so none was claimed. Another worker in
            // `touch_page` may still write a zero over a zero: whether its page stays or goes, it is zeros.
            unsafe { self.slots.give_back(Self::KEPT..middle.min(end)) };
        });
        if !has_passed {
            return false;
        }
        let next = self.laps.next_lap(self.laps.lap(front));
        self.pass_over(half, self.laps.start_of(next), || {
            // SAFETY: as above. The tail went from `front` to `half` without a claim, so these slots are as `is_free` found
            // them.
            unsafe { self.slots.give_back(middle.max(Self::KEPT)..end) };
            self.resident.lap.store(next, Ordering::Relaxed);
            self.resident
                .deepest
                .store(Self::KEPT as u64, Ordering::Relaxed);
        })
    }

    /// Moves an empty queue from `position` to the start of the next lap, and returns that start. None if an item is
    /// queued.
    fn go_to_the_front(&self, position: u64) -> Option<u64> {
        let next = self.laps.next_lap(self.laps.lap(position));
        let front = self.laps.start_of(next);
        let has_passed = self.pass_over(position, front, || {
            let deepest = self.deepest(position) as u64;
            self.resident.deepest.store(deepest, Ordering::Relaxed);
            self.resident.lap.store(next, Ordering::Relaxed);
        });
        has_passed.then_some(front)
    }

    /// Moves both ends of an empty queue from `position` to `to`, which is half a lap ahead or the end of the lap. Runs
    /// `between` when the tail has moved and the head has not. False if the queue was not empty at `position`.
    ///
    /// No thread claims or fills a slot that is passed over while `between` runs. Producers are at `to` or beyond it, and
    /// less than a lap ahead of the head, which is still at `position`. Slots that were claimed before have been taken, or
    /// the head would not have come so far. A producer that claims a slot later has seen the head beyond it, and the head
    /// moves after `between`. No other thread moves the head: there is no item to take, and another `pass_over` needs the
    /// tail at `position`.
    fn pass_over(&self, position: u64, to: u64, between: impl FnOnce()) -> bool {
        // The tail never moves back, and the head never passes it: if the tail is at `position`, the head is, too.
        let tail = &self.tail.0.position;
        if tail
            .compare_exchange(position, to, Ordering::SeqCst, Ordering::Relaxed)
            .is_err()
        {
            return false;
        }
        between();
        // Other workers may stop being busy meanwhile, which changes the count beside the position.
        let head = &self.head.0;
        let mut before = head.load(Ordering::Relaxed);
        while let Err(newer) = head.compare_exchange_weak(
            before,
            (before & !POSITIONS) | to,
            Ordering::SeqCst,
            Ordering::Relaxed,
        ) {
            before = newer;
        }
        true
    }

    /// How many slots at the front may have been used since memory was last given back.
    fn deepest(&self, position: u64) -> usize {
        if self.laps.lap(position) != self.resident.lap.load(Ordering::Relaxed) {
            return self.slots.len();
        }
        #[allow(clippy::cast_possible_truncation)] // It was a number of slots.
        let deepest = self.resident.deepest.load(Ordering::Relaxed) as usize;
        deepest.max(self.laps.index(position))
    }

    /// Where the first half of the slots ends.
    fn middle(&self) -> usize {
        let half = self.slots.len() / 2;
        // At the boundary of a page of any size, so that no page has slots of both halves.
        if half < WHOLE {
            half
        } else {
            half & !(WHOLE - 1)
        }
    }

    /// How many slots at the front keep their memory.
    const KEPT: usize = if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
        1
    } else {
        TOUCHED_AHEAD / size_of::<Slot<T>>()
    };
}

/// How long a worker finds nothing to take before it [trims](Ring::trim) the queue.
pub(crate) const IDLE: Duration = Duration::from_secs(1);

/// The smallest page of any system, in bytes.
const PAGE: usize = 4096;

/// How much memory is touched ahead of the tail, and kept at the front, in bytes: the slots of 320 launches.
const TOUCHED_AHEAD: usize = 40 << 10;

/// How many slots are whole pages, for pages of up to 64 KiB.
const WHOLE: usize = (64 << 10) / align_of::<Slot<()>>();

/// How far into its lap an empty queue must be before it begins the next one early.
const FEW: usize = if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
    1
} else {
    64
};
