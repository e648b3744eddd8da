//! Memory full of zeros that the system provides page by page; and, on Linux, takes back page by page.
//!
//! There a large one is asked for at the system itself. What an allocator answers may be anything: pages of a file, say, whose
//! content comes back when they are given back.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::pages;

/// Begins as zeros.
pub(in super::super) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    /// None if there is no memory.
    pub(in super::super) fn zeros(layout: Layout) -> Option<Self> {
        assert!(layout.size() > 0 && layout.align() <= NATURAL_ALIGN);
        let start = if layout.size() >= pages::LARGE {
            pages::zeros(layout.size())
        } else {
            // SAFETY: the layout is not of size zero.
            NonNull::new(unsafe { alloc_zeroed(layout) })
        };
        start.map(|start| Self { start, layout })
    }

    pub(in super::super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Does [`give_back`](Self::give_back) do something?
    pub(in super::super) fn can_be_given_back(&self) -> bool {
        self.layout.size() >= pages::LARGE
    }

    /// Afterwards each whole page between the two places is full of zeros, or as it was.
    ///
    /// # Safety
    ///
    /// What lies between is part of this memory, and bears that.
    pub(in super::super) unsafe fn give_back(&self, start: NonNull<u8>, end: NonNull<u8>) {
        if self.can_be_given_back() {
            // SAFETY: as the caller knows; and it is so large that the pages are the system's own.
            unsafe { pages::give_back(start, end) }
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: each has provided what is that large, or is not, for this layout; and nobody has it any more.
        unsafe {
            if self.can_be_given_back() {
                pages::free(self.start, self.layout.size());
            } else {
                dealloc(self.start.as_ptr(), self.layout);
            }
        }
    }
}

/// What every allocation has anyway. Asked for a larger alignment than this, the system's allocator writes the zeros itself,
/// and so touches every page.
pub(in super::super) const NATURAL_ALIGN: usize = align_of::<u64>();
