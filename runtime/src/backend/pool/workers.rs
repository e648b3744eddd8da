//! The workers of a pool by their ids: which ids are claimed, which workers are parked, and the parker of each.
//!
//! A worker sets its bit before the [`State`](super::state::State) counts it as parked. So a thread that has counted one
//! out, to make it the searcher, finds a bit; and since there is one searcher, no two threads clear the same bit.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use crate::sync::{AtomicBool, AtomicU64, Parker, process::Instant};

/// One slot for each worker that the pool may have; its index is the worker's id.
#[derive(Debug)]
pub(super) struct Workers {
    slots: Box<[WorkerSlot]>,
    /// One bit for each id: its worker is parked. The worker sets it; that it is cleared is what ends the park.
    parked: Box<[AtomicU64]>,
}

#[derive(Debug)]
struct WorkerSlot {
    is_claimed: AtomicBool,
    parker: Parker,
}

impl Workers {
    pub(super) fn new(max_workers: NonZeroUsize) -> Self {
        let slot = || WorkerSlot {
            is_claimed: AtomicBool::new(false),
            parker: Parker::default(),
        };
        let words = max_workers.get().div_ceil(WORD);
        Self {
            slots: (0..max_workers.get()).map(|_| slot()).collect(),
            parked: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Claims an id for a new worker.
    pub(super) fn claim_id(&self) -> Option<usize> {
        // AcqRel pairs with the store in `release_id`: the parker is free.
        self.slots
            .iter()
            .position(|slot| !slot.is_claimed.swap(true, Ordering::AcqRel))
    }

    /// Releases an id whose worker has left, or was not spawned.
    pub(super) fn release_id(&self, worker_id: usize) {
        self.slots[worker_id].parker.unbind();
        self.slots[worker_id]
            .is_claimed
            .store(false, Ordering::Release);
    }

    /// Binds the parker of this id to the calling thread, its worker. Called once.
    pub(super) fn register(&self, worker_id: usize) {
        self.slots[worker_id].parker.bind();
    }

    /// Sets the bit of a worker that is about to park.
    pub(super) fn set_parked(&self, worker_id: usize) {
        let (word, bit) = self.bit(worker_id);
        // SeqCst, as the count in `State::park` after it: a thread that has read the count finds the bit.
        word.fetch_or(bit, Ordering::SeqCst);
    }

    /// Is the bit still set, so that no other thread has unparked this worker since [`set_parked`](Self::set_parked)?
    pub(super) fn is_parked(&self, worker_id: usize) -> bool {
        let (word, bit) = self.bit(worker_id);
        // Acquire pairs with the exchange in `unpark_one`: this worker sees what the thread that unparked it did before.
        word.load(Ordering::Acquire) & bit != 0
    }

    /// For a worker that has become the searcher by itself: clears its bit.
    pub(super) fn clear_parked(&self, worker_id: usize) {
        let (word, bit) = self.bit(worker_id);
        let before = word.fetch_and(!bit, Ordering::AcqRel);
        debug_assert!(before & bit != 0, "only the searcher wakes");
    }

    /// For a thread that has counted a parked worker out, to make it the searcher: unparks the one with the lowest id. So
    /// workers with high ids stay parked, and retire.
    pub(super) fn unpark_one(&self) {
        for (index, word) in self.parked.iter().enumerate() {
            let bits = word.load(Ordering::SeqCst);
            if bits != 0 {
                let first = bits.trailing_zeros();
                word.fetch_and(!(1 << first), Ordering::AcqRel);
                self.slots[index * WORD + first as usize].parker.unpark();
                return;
            }
        }
        unreachable!("workers set their bit before they are counted as parked");
    }

    /// Blocks until unparked or until the deadline; may return early.
    pub(super) fn park(&self, worker_id: usize, deadline: Option<Instant>) {
        self.slots[worker_id].parker.park(deadline);
    }

    fn bit(&self, worker_id: usize) -> (&AtomicU64, u64) {
        (&self.parked[worker_id / WORD], 1 << (worker_id % WORD))
    }
}

const WORD: usize = u64::BITS as usize;
