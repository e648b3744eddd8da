//! Zeroed memory that becomes resident page by page, and on Linux is given back page by page.
//!
//! A large block on Linux comes from the system itself, not from the allocator: an allocator may return pages of a file,
//! say, and their old content would come back when they are given back.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::pages;

/// A block of memory that begins as zeros.
pub(in super::super) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    /// Allocates a block. None if there is no memory.
    pub(in super::super) fn zeros(layout: Layout) -> Option<Self> {
        assert!(layout.size() > 0 && layout.align() <= NATURAL_ALIGN);
        let start = if layout.size() >= pages::LARGE {
            pages::zeros(layout.size())
        } else {
            // SAFETY: the size of the layout is not zero, by the assertion above.
            NonNull::new(unsafe { alloc_zeroed(layout) })
        };
        start.map(|start| Self { start, layout })
    }

    pub(in super::super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Does [`give_back`](Self::give_back) do anything?
    pub(in super::super) fn can_be_given_back(&self) -> bool {
        self.layout.size() >= pages::LARGE
    }

    /// Gives the whole pages between the two places back to the system. Each of them is zeros then, or as it was.
    ///
    /// # Safety
    ///
    /// Both places are in this block, and what lies between them may become zeros at any moment.
    pub(in super::super) unsafe fn give_back(&self, start: NonNull<u8>, end: NonNull<u8>) {
        if self.can_be_given_back() {
            // SAFETY: the caller guarantees it; and a block of this size came from `pages::zeros`.
            unsafe { pages::give_back(start, end) }
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: `zeros` chose the allocator by the same size and layout. `self` ends here, so the block has no other
        // user.
        unsafe {
            if self.can_be_given_back() {
                pages::free(self.start, self.layout.size());
            } else {
                dealloc(self.start.as_ptr(), self.layout);
            }
        }
    }
}

/// An alignment that every allocation has anyway. For a larger one the system's allocator writes the zeros itself, which
/// touches every page.
pub(in super::super) const NATURAL_ALIGN: usize = align_of::<u64>();
