//! Pages of the system's own, as Linux has them.

use std::ffi::{c_int, c_ulong, c_void};
use std::ptr::{self, NonNull};

/// From how many bytes on memory comes from here. What is smaller is not worth a mapping, nor is there much to give back.
pub(super) const LARGE: usize = 64 << 10;

/// None if there is no memory.
pub(super) fn zeros(size: usize) -> Option<NonNull<u8>> {
    let (access, kind) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    // SAFETY: new pages, anywhere, that belong to nobody else and to no file.
    let place = unsafe { mmap(ptr::null_mut(), size, access, kind, -1, 0) };
    if place.addr() == MAP_FAILED {
        return None;
    }
    // A huge page would be as large as the whole queue, and resident after the first launch. Whether the system knows
    // them does not matter.
    // SAFETY: the pages are ours, and their content stays.
    let _ = unsafe { madvise(place, size, MADV_NOHUGEPAGE) };
    NonNull::new(place.cast())
}

/// # Safety
///
/// It was answered by [`zeros`] for this size, and is not used any more.
pub(super) unsafe fn free(memory: NonNull<u8>, size: usize) {
    // SAFETY: as the caller knows, these are whole mappings of ours.
    let _ = unsafe { munmap(memory.as_ptr().cast(), size) };
}

/// Afterwards each page between the two places is full of zeros, or as it was.
///
/// # Safety
///
/// What lies between is part of what [`zeros`] answered, and bears that.
pub(super) unsafe fn give_back(start: NonNull<u8>, end: NonNull<u8>) {
    let page = page_size();
    let first = start.addr().get().next_multiple_of(page);
    let last = end.addr().get() & !(page - 1);
    if first < last {
        let place = start.as_ptr().with_addr(first).cast();
        // Refused where the process has its memory locked: it is to stay resident then.
        // SAFETY: whole pages between the two places, private and of no file: the next access finds zeros.
        let _ = unsafe { madvise(place, last - first, MADV_DONTNEED) };
    }
}

fn page_size() -> usize {
    // It has been a power of two on every system so far.
    usize::try_from(getauxval(AT_PAGESZ))
        .ok()
        .filter(|size| size.is_power_of_two())
        .unwrap_or(1 << 16)
}

// SAFETY: the signatures are those of Linux with 64 bits, where `off_t` has 64. `getauxval` is safe to call: it reads what
// the system has told the process at its start.
unsafe extern "C" {
    fn mmap(
        place: *mut c_void,
        size: usize,
        access: c_int,
        kind: c_int,
        file: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn munmap(place: *mut c_void, size: usize) -> c_int;
    fn madvise(place: *mut c_void, size: usize, advice: c_int) -> c_int;
    safe fn getauxval(kind: c_ulong) -> c_ulong;
}

const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;
const MAP_PRIVATE: c_int = 2;
/// It differs on other processors.
const MAP_ANONYMOUS: c_int = 0x20;
const MAP_FAILED: usize = usize::MAX;
const MADV_DONTNEED: c_int = 4;
const MADV_NOHUGEPAGE: c_int = 15;
const AT_PAGESZ: c_ulong = 6;
