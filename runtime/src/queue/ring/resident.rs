//! How much of the queue's memory is resident: touched ahead of need, used from the front again, and given back.
//!
//! What makes the second and the third possible is that an empty queue can pass slots over: both ends move on, first the
//! tail and then the head. Between the two, producers are already behind the slots that are passed over, and the limit keeps
//! them from coming around to these.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::laps::POSITIONS;
use super::ring::{FREE, Ring};
use super::slots::Slot;
use crate::sync::AtomicU64;

/// What is known of it.
#[derive(Debug)]
pub(super) struct Resident {
    /// The first slot whose page [`touch_page`](Ring::touch_page) has not touched. It may be one behind the last slot, or
    /// further.
    touched: AtomicU64,
    /// The lap that was begun last, when the queue was empty. Written by those who pass slots over, one after the other.
    lap: AtomicU64,
    /// The first slot that had not been used when that lap was begun, since memory was given back. Written as `lap` is.
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
    /// Touches the next page of the queue's memory, so that a producer does not wait for the system to provide it. False
    /// when as much has been touched as is soon needed: a queue that is hardly used is to take hardly any memory.
    ///
    /// Measured, a burst onto fresh memory: 245 ns per launch in place of 46, on a virtual machine.
    pub(crate) fn touch_page(&self) -> bool {
        // Loom would let the zero come after the stamp of an item, although the exchange has seen a zero before it.
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
            // A write that changes nothing: a mere read would be answered with the page of zeros that all share. If
            // the stamp is not zero, a producer has been here.
            let _ = stamp.compare_exchange(0, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
        true
    }

    /// Begins the next lap early, if nothing is queued: the slots at the beginning have been touched.
    pub(crate) fn begin_anew(&self) {
        let position = self.head.0.load(Ordering::Acquire) & POSITIONS;
        // The larger the queue, the more positions are left out.
        if self.laps.index(position) >= FEW.max(self.slots.len() >> 8) {
            self.go_to_the_front(position);
        }
    }

    /// Is there memory that [`trim`](Self::trim) would give back?
    pub(crate) fn keeps_much(&self) -> bool {
        let position = self.head.0.load(Ordering::Relaxed) & POSITIONS;
        self.slots.can_be_given_back() && self.deepest(position) > Self::KEPT
    }

    /// Gives the memory back to the system that a deep queue has taken, but for what the next launches need, if nothing is
    /// queued. Meanwhile producers find room for half of the slots less than otherwise; where that is none, they wait.
    pub(crate) fn trim(&self) {
        if !self.keeps_much() {
            return;
        }
        let position = self.head.0.load(Ordering::Acquire) & POSITIONS;
        let Some(front) = self.go_to_the_front(position) else {
            return;
        };
        // No page is touched ahead meanwhile.
        let slots = self.slots.len();
        let touched = &self.resident.touched;
        let before = touched.swap(slots as u64, Ordering::Relaxed);
        #[allow(clippy::cast_possible_truncation)] // At most the number of slots.
        let end = self.deepest(front).max(before.min(slots as u64) as usize);
        let has_trimmed = self.trim_from(front, end);
        // Another worker may be at this, too: the lower one is right.
        let after = if has_trimmed {
            Self::KEPT as u64
        } else {
            before
        };
        touched.fetch_min(after, Ordering::Relaxed);
    }

    /// Gives the memory of the slots up to `end` back, if the queue is empty at `front`, the beginning of a lap. False if not
    /// all of them were given back.
    fn trim_from(&self, front: u64, end: usize) -> bool {
        // Acquire pairs with the store in `free`: the item has been moved out.
        let is_free = |index| self.slots.get(index).stamp.load(Ordering::Acquire) == FREE;
        if !(Self::KEPT..end).all(is_free) {
            return false;
        }
        // Half of the slots at a time: producers go on in the other one.
        let middle = self.middle();
        let half = front + middle as u64;
        let has_passed = self.pass_over(front, half, || {
            // SAFETY: these slots are passed over: see `pass_over`. They were free when the tail was at `front`, and it has
            // been there since: nobody has claimed one. A worker may still be in `touch_page`, and writes a zero over a zero:
            // its page stays then, or goes, and is full of zeros either way.
            unsafe { self.slots.give_back(Self::KEPT..middle.min(end)) };
        });
        if !has_passed {
            return false;
        }
        let next = self.laps.next_lap(self.laps.lap(front));
        self.pass_over(half, self.laps.start_of(next), || {
            // SAFETY: as above; the tail has gone from `front` to `half` alone, without a claim.
            unsafe { self.slots.give_back(middle.max(Self::KEPT)..end) };
            self.resident.lap.store(next, Ordering::Relaxed);
            self.resident
                .deepest
                .store(Self::KEPT as u64, Ordering::Relaxed);
        })
    }

    /// From here on to the beginning of the next lap, which is the answer; none if something is queued.
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

    /// Moves both ends of an empty queue from `position` to `to`, half a lap or to the end of the lap, and runs `between`
    /// when producers are there already, and consumers are not. False if the queue was not empty at `position`.
    ///
    /// Meanwhile nobody claims a slot that is passed over, nor fills one: producers are at `to` or behind it, and less than a lap
    /// behind the head, which is still at `position`; what was claimed before has been taken, since the head has come so far. Who
    /// claims one later has seen the head behind it, which moves after `between`. Nobody else moves the head: there is nothing
    /// to take, and who passes slots over would need the tail at the same place.
    fn pass_over(&self, position: u64, to: u64, between: impl FnOnce()) -> bool {
        // If the tail is where the head was, the head is still there.
        let tail = &self.tail.0.position;
        if tail
            .compare_exchange(position, to, Ordering::SeqCst, Ordering::Relaxed)
            .is_err()
        {
            return false;
        }
        between();
        // Others may become idle meanwhile, which changes the rest of the word.
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

    /// How many slots at the front may have been used since memory was given back.
    fn deepest(&self, position: u64) -> usize {
        if self.laps.lap(position) != self.resident.lap.load(Ordering::Relaxed) {
            return self.slots.len();
        }
        #[allow(clippy::cast_possible_truncation)] // It was a number of slots.
        let deepest = self.resident.deepest.load(Ordering::Relaxed) as usize;
        deepest.max(self.laps.index(position))
    }

    fn middle(&self) -> usize {
        let half = self.slots.len() / 2;
        // At the boundary of a page of any size.
        if half < WHOLE {
            half
        } else {
            half & !(WHOLE - 1)
        }
    }

    /// So many slots at the front stay.
    const KEPT: usize = if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
        1
    } else {
        TOUCHED_AHEAD / size_of::<Slot<T>>()
    };
}

/// Who has had nothing to take for so long [trims](Ring::trim) the queue.
pub(crate) const IDLE: Duration = Duration::from_secs(1);

/// The smallest page of any system, in bytes.
const PAGE: usize = 4096;

/// In bytes, from where the next launch goes.
const TOUCHED_AHEAD: usize = 40 << 10;

/// So many slots are whole pages, of up to 64 KiB.
const WHOLE: usize = (64 << 10) / align_of::<Slot<()>>();

/// An empty queue that has not come further than this goes on where it is.
const FEW: usize = if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) {
    1
} else {
    64
};
