//! The seats of a pool's workers: which are taken, who rests, and where each of them sleeps.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use crate::sync::{AtomicBool, AtomicU64, Parker, process::Instant};

/// One seat per thread that the pool may have.
#[derive(Debug)]
pub(super) struct Roster {
    seats: Box<[Seat]>,
    /// One bit per seat: its worker rests. Set by the worker; cleared by the holder of the token, which thereby wakes
    /// it.
    resting: Box<[AtomicU64]>,
}

#[derive(Debug)]
struct Seat {
    is_taken: AtomicBool,
    parker: Parker,
}

impl Roster {
    pub(super) fn new(seats: NonZeroUsize) -> Self {
        let seat = || Seat {
            is_taken: AtomicBool::new(false),
            parker: Parker::default(),
        };
        let words = seats.get().div_ceil(WORD);
        Self {
            seats: (0..seats.get()).map(|_| seat()).collect(),
            resting: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Takes a seat for a new worker.
    pub(super) fn take_seat(&self) -> Option<usize> {
        self.seats
            .iter()
            .position(|seat| !seat.is_taken.swap(true, Ordering::AcqRel))
    }

    pub(super) fn free_seat(&self, seat: usize) {
        self.seats[seat].parker.abandon();
        self.seats[seat].is_taken.store(false, Ordering::Release);
    }

    /// To be called by the worker on its thread, once.
    pub(super) fn sit_down(&self, seat: usize) {
        self.seats[seat].parker.adopt();
    }

    /// The worker says that it rests.
    pub(super) fn lie_down(&self, seat: usize) {
        let (word, bit) = self.bit(seat);
        word.fetch_or(bit, Ordering::SeqCst);
    }

    /// Has nobody woken this worker since it lay down?
    pub(super) fn is_resting(&self, seat: usize) -> bool {
        let (word, bit) = self.bit(seat);
        word.load(Ordering::Acquire) & bit != 0
    }

    /// For the holder of the token: takes this seat off the list.
    pub(super) fn get_up(&self, seat: usize) {
        let (word, bit) = self.bit(seat);
        let before = word.fetch_and(!bit, Ordering::AcqRel);
        debug_assert!(before & bit != 0, "only the holder of the token wakes");
    }

    /// For the holder of the token, who knows that somebody rests: wakes one of them, the first in the order of the
    /// seats, so that the last ones are those that retire.
    pub(super) fn wake_one(&self) {
        for (index, word) in self.resting.iter().enumerate() {
            let bits = word.load(Ordering::SeqCst);
            if bits != 0 {
                let first = bits.trailing_zeros();
                word.fetch_and(!(1 << first), Ordering::AcqRel);
                self.seats[index * WORD + first as usize].parker.unpark();
                return;
            }
        }
        unreachable!("workers lie down before they are counted");
    }

    /// Sleeps until woken, until the deadline, or for no reason.
    pub(super) fn sleep(&self, seat: usize, deadline: Option<Instant>) {
        self.seats[seat].parker.park(deadline);
    }

    fn bit(&self, seat: usize) -> (&AtomicU64, u64) {
        (&self.resting[seat / WORD], 1 << (seat % WORD))
    }
}

const WORD: usize = u64::BITS as usize;
