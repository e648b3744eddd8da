//! Private mappings of zeroed pages, and how they are given back: `mmap`, `madvise` and `munmap` of 64-bit Linux.

use std::ffi::{c_int, c_ulong, c_void};
use std::ptr::{self, NonNull};

/// The smallest block that is mapped here, in bytes. A smaller one is not worth a mapping, and has little to give back.
pub(super) const LARGE: usize = 64 << 10;

/// Maps so many bytes of zeros. None if there is no memory.
pub(super) fn zeros(size: usize) -> Option<NonNull<u8>> {
    let (access, kind) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    // SAFETY: the mapping is new, at an address that the system chooses, private, and of no file.
    let place = unsafe { mmap(ptr::null_mut(), size, access, kind, -1, 0) };
    if place.addr() == MAP_FAILED {
        return None;
    }
    // A huge page would be as large as the whole queue, and resident after the first launch. A system without huge pages
    // refuses this, which does no harm.
    // SAFETY: the pages are the mapping made above, and the advice leaves their content as it is.
    let _ = unsafe { madvise(place, size, MADV_NOHUGEPAGE) };
    NonNull::new(place.cast())
}

/// Unmaps a block.
///
/// # Safety
///
/// [`zeros`] returned it for this size, and it is not used any more.
pub(super) unsafe fn free(memory: NonNull<u8>, size: usize) {
    // SAFETY: the caller guarantees that this is a whole mapping of ours without users.
    let _ = unsafe { munmap(memory.as_ptr().cast(), size) };
}

/// Gives the whole pages between the two places back to the system. Each of them is zeros then, or as it was.
///
/// # Safety
///
/// Both places are in a block that [`zeros`] returned, and what lies between them may become zeros at any moment.
pub(super) unsafe fn give_back(start: NonNull<u8>, end: NonNull<u8>) {
    let page = page_size();
    let first = start.addr().get().next_multiple_of(page);
    let last = end.addr().get() & !(page - 1);
    if first < last {
        let place = start.as_ptr().with_addr(first).cast();
        // The system refuses if the process has its memory locked: it is to stay resident then.
        // SAFETY: these are whole pages between the two places, private and of no file: the next access reads zeros.
        let _ = unsafe { madvise(place, last - first, MADV_DONTNEED) };
    }
}

fn page_size() -> usize {
    // The page size has been a power of two on every system so far.
    usize::try_from(getauxval(AT_PAGESZ))
        .ok()
        .filter(|size| size.is_power_of_two())
        .unwrap_or(1 << 16)
}

// SAFETY: the signatures are those of 64-bit Linux, where `off_t` has 64 bits. `getauxval` is safe to call: it reads what
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
/// This number differs on processors other than those that `mod.rs` names.
const MAP_ANONYMOUS: c_int = 0x20;
const MAP_FAILED: usize = usize::MAX;
const MADV_DONTNEED: c_int = 4;
const MADV_NOHUGEPAGE: c_int = 15;
const AT_PAGESZ: c_ulong = 6;
