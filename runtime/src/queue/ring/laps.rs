//! Positions in a queue: a lap, and the index of a slot in it.

/// The arithmetic of positions in an array of so many slots. A position has [`POSITION_BITS`]; after the last one, they
/// begin anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laps {
    len: usize,
    /// How many bits of a position are the index of its slot; the others are its lap.
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
    #[allow(clippy::cast_possible_truncation)] // An index of a slot is a `usize`.
    pub(super) fn index(self, position: u64) -> usize {
        (position & ((1 << self.index_bits) - 1)) as usize
    }

    #[inline]
    pub(super) fn lap(self, position: u64) -> u64 {
        position >> self.index_bits
    }

    /// The lap behind `lap`.
    #[inline]
    pub(super) fn next_lap(self, lap: u64) -> u64 {
        (lap + 1) & (POSITIONS >> self.index_bits)
    }

    /// The position behind `position`.
    #[inline]
    pub(super) fn after(self, position: u64) -> u64 {
        if self.index(position) + 1 < self.len {
            position + 1
        } else {
            self.start_of(self.next_lap(self.lap(position)))
        }
    }

    /// The position that is `count` slots behind `position`, at most a lap.
    pub(super) fn ahead(self, position: u64, count: usize) -> u64 {
        let index = self.index(position) + count;
        if index < self.len {
            position + count as u64
        } else {
            let next = self.start_of(self.next_lap(self.lap(position)));
            next + (index - self.len) as u64
        }
    }

    /// Does `position` come before `other`? They are a few laps apart at most.
    #[inline]
    pub(super) fn is_before(position: u64, other: u64) -> bool {
        let distance = other.wrapping_sub(position) << (u64::BITS - POSITION_BITS);
        distance.cast_signed() > 0
    }

    pub(super) fn start_of(self, lap: u64) -> u64 {
        lap << self.index_bits
    }
}

/// The bits that are left beside a count of consumers. Where laps begin early, positions begin anew after a day of a million
/// launches a second, at the earliest; a [trim](super::Ring::trim) leaves out two laps, at most once while a worker is parked.
pub(super) const POSITION_BITS: u32 = 46;

/// All bits of a position.
pub(super) const POSITIONS: u64 = (1 << POSITION_BITS) - 1;
