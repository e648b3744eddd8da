//! The list of all functions that have launched. It grows without a lock, and appending costs the same at any length.

use std::sync::atomic::Ordering;

use crate::account::site::{NOT_LISTED, Site};
use crate::sync::process::{AtomicUsize, OnceLock, fence};

/// Appends a function. Once this returns, [`all`] has it.
///
/// Appending never waits. Two threads that append the same function take a slot each, and the function keeps the
/// number of one slot. The allocator may launch the same function while this runs.
pub(crate) fn append(site: &'static Site) {
    if site.number().load(Ordering::Acquire) == NOT_LISTED {
        take_a_place(site);
    }
    // Pairs with the fence in `all`: either `all` returns this function, or its first launch sees what the caller of
    // `all` wrote before.
    fence(Ordering::SeqCst);
}

fn take_a_place(site: &'static Site) {
    let index = LEN.fetch_add(1, Ordering::AcqRel);
    let (number_of_block, place) = place_of(index);
    let Some(block) = BLOCKS.get(number_of_block) else {
        unreachable!("there is no memory for so many functions");
    };
    if block.get().is_none() {
        // If two threads allocate the same block, one of the two is dropped.
        let fresh = (0..FIRST << number_of_block)
            .map(|_| OnceLock::new())
            .collect();
        let _ = block.set(fresh);
    }
    if let Some(places) = block.get() {
        let _ = places[place].set(site);
    }
    let _ = site
        .number()
        .compare_exchange(NOT_LISTED, index, Ordering::AcqRel, Ordering::Acquire);
}

/// Returns every function that has launched, in the order of first launches. A function with several backends is
/// returned once for each.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    fence(Ordering::SeqCst);
    (0..LEN.load(Ordering::Acquire)).filter_map(at)
}

/// Returns every function that has launched, once each.
pub(crate) fn rows() -> impl Iterator<Item = &'static Site> {
    all().filter(|site| site.has_row())
}

/// Returns an upper bound on the number of functions: one whose first launches raced is counted more than once.
pub(crate) fn len() -> usize {
    LEN.load(Ordering::Relaxed)
}

/// Returns the function with this number, if there is one.
pub(crate) fn at(index: usize) -> Option<&'static Site> {
    let (block, place) = place_of(index);
    let site = BLOCKS.get(block)?.get()?.get(place)?.get()?;
    (site.number().load(Ordering::Acquire) == index).then_some(*site)
}

/// Returns the block of a number, and the slot in that block. The blocks have 64, 128, 256, … slots.
fn place_of(index: usize) -> (usize, usize) {
    let shifted = index + FIRST;
    let block = (shifted.ilog2() - FIRST.ilog2()) as usize;
    (block, shifted - (FIRST << block))
}

/// The number of slots taken.
static LEN: AtomicUsize = AtomicUsize::new(0);

type Block = Box<[OnceLock<&'static Site>]>;
static BLOCKS: [OnceLock<Block>; 26] = [const { OnceLock::new() }; 26];

const FIRST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_place_of_its_own() {
        let places: Vec<_> = [0, 1, 63, 64, 191, 192, 447, 448].map(place_of).into();
        let expected = [
            (0, 0),
            (0, 1),
            (0, 63),
            (1, 0),
            (1, 127),
            (2, 0),
            (2, 255),
            (3, 0),
        ];
        assert_eq!(places, expected);
    }
}
