//! The system's allocator, which can count.

#![expect(
    unsafe_code,
    reason = "an allocator is the only one that sees them all"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts from [`start_counting`] on. Until then it costs an allocation one look at a flag that nobody writes: what
/// is timed runs in a process where it stays so.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED_BYTES: AtomicU64 = AtomicU64::new(0);
static FREED_BYTES: AtomicU64 = AtomicU64::new(0);

/// What the whole process has allocated since it counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Snapshot {
    pub(crate) allocations: u64,
    pub(crate) allocated_bytes: u64,
    freed_bytes: u64,
}

impl Snapshot {
    pub(crate) fn now() -> Self {
        Self {
            allocations: ALLOCATIONS.load(Ordering::SeqCst),
            allocated_bytes: ALLOCATED_BYTES.load(Ordering::SeqCst),
            freed_bytes: FREED_BYTES.load(Ordering::SeqCst),
        }
    }

    /// How much more is allocated and not freed than at an earlier time.
    pub(crate) fn live_bytes_since(self, earlier: Self) -> f64 {
        let allocated = self.allocated_bytes - earlier.allocated_bytes;
        let freed = self.freed_bytes - earlier.freed_bytes;
        allocated as f64 - freed as f64
    }
}

pub(crate) fn start_counting() {
    IS_COUNTING.store(true, Ordering::SeqCst);
}

fn count(allocated: usize, freed: usize) {
    if IS_COUNTING.load(Ordering::Relaxed) {
        if allocated > 0 {
            ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        }
        ALLOCATED_BYTES.fetch_add(allocated as u64, Ordering::SeqCst);
        FREED_BYTES.fetch_add(freed as u64, Ordering::SeqCst);
    }
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    // Not left to the default, which would touch memory that the system hands out zeroed and untouched.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: likewise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: likewise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }
}
