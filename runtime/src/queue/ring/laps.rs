//! Positions in the queue: where head and tail are.
//!
//! A position is a lap around the array and the index of a slot in it. The index has as many bits as the largest one needs;
//! where the number of slots is no power of two, some numbers are no positions. After the last position they begin again at
//! zero.

/// The arithmetic of positions in an array of `len` slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laps {
    len: usize,
    /// How many low bits of a position are the index of its slot; the higher bits are the lap.
    index_bits: u32,
}

impl Laps {
    pub(super) fn new(len: usize) -> Self {
        assert!(len > 0 && len as u64 <= 1 << 32);
        Self {
            len,
            index_bits: usize::BITS - (len - 1).leading_zeros(),
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)] // The index of a slot is a `usize`.
    pub(super) fn index(self, position: u64) -> usize {
        (position & ((1 << self.index_bits) - 1)) as usize
    }

    #[inline]
    pub(super) fn lap(self, position: u64) -> u64 {
        position >> self.index_bits
    }

    /// The lap after `lap`.
    #[inline]
    pub(super) fn next_lap(self, lap: u64) -> u64 {
        (lap + 1) & (POSITIONS >> self.index_bits)
    }

    /// The position after `position`.
    #[inline]
    pub(super) fn after(self, position: u64) -> u64 {
        if self.index(position) + 1 < self.len {
            position + 1
        } else {
            self.start_of(self.next_lap(self.lap(position)))
        }
    }

    /// The position `count` slots after `position`, for a count of at most a lap.
    pub(super) fn ahead(self, position: u64, count: usize) -> u64 {
        let index = self.index(position) + count;
        if index < self.len {
            position + count as u64
        } else {
            let next = self.start_of(self.next_lap(self.lap(position)));
            next + (index - self.len) as u64
        }
    }

    /// Is `position` before `other`? The two are at most a few laps apart, so the answer survives the wrap to zero.
    #[inline]
    pub(super) fn is_before(position: u64, other: u64) -> bool {
        let distance = other.wrapping_sub(position) << (u64::BITS - POSITION_BITS);
        distance.cast_signed() > 0
    }

    pub(super) fn start_of(self, lap: u64) -> u64 {
        lap << self.index_bits
    }
}

/// A position's part of the head; the higher bits count busy consumers. A queue whose laps begin early uses positions up
/// faster: they wrap after a day of a million launches a second, at the earliest. A [trim](super::Ring::trim) skips two
/// laps, at most once each time a worker is parked.
pub(super) const POSITION_BITS: u32 = 46;

/// All bits of a position.
pub(super) const POSITIONS: u64 = (1 << POSITION_BITS) - 1;
