//! The memory of the queue: an array of slots that begins as zeros.
//!
//! A slot is aligned to two cache lines, so neighbors do not share one. Under loom and shuttle the array is a boxed slice,
//! and giving memory back writes to it, so that a model sees an access that races with that.

use std::mem::MaybeUninit;

use crate::sync::{AtomicU64, Cell};

/// A stamp, which says whether the slot holds an item, and the place of that item.
#[repr(C, align(128))]
pub(super) struct Slot<T> {
    pub(super) stamp: AtomicU64,
    pub(super) item: Cell<MaybeUninit<T>>,
}

/// Prefetches the first cache line of a slot, where the processor has an instruction for it.
#[inline]
pub(super) fn prefetch<T>(slot: &Slot<T>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing; the instruction is part of SSE, which every x86-64 processor has.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(slot).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = slot;
}

pub(super) use memory::Slots;

#[cfg(not(any(fire_and_forget_loom, fire_and_forget_shuttle)))]
mod memory {
    use std::alloc::{Layout, handle_alloc_error};
    use std::ops::Range;
    use std::ptr::NonNull;

    use super::super::system::{Memory, NATURAL_ALIGN};
    use super::Slot;

    /// An array of slots that begins as zeros.
    pub(in super::super) struct Slots<T> {
        first: NonNull<Slot<T>>,
        len: usize,
        /// The memory that holds the slots, and frees them.
        memory: Memory,
    }

    impl<T> Slots<T> {
        pub(in super::super) fn new(len: usize) -> Self {
            let slots = Layout::array::<Slot<T>>(len).expect("fewer slots than memory");
            // The allocation is a little larger than the slots, and the first slot is aligned here: see `NATURAL_ALIGN`.
            let layout = Layout::from_size_align(slots.size() + slots.align(), NATURAL_ALIGN)
                .expect("fewer slots than memory");
            let Some(memory) = Memory::zeros(layout) else {
                handle_alloc_error(layout);
            };
            let start = memory.start();
            let padding = start.as_ptr().align_offset(slots.align());
            // SAFETY: the padding is smaller than the alignment, by which the memory is larger than the slots.
            let first = unsafe { start.add(padding) }.cast();
            Self { first, len, memory }
        }

        pub(in super::super) fn len(&self) -> usize {
            self.len
        }

        #[inline]
        pub(in super::super) fn get(&self, index: usize) -> &Slot<T> {
            assert!(index < self.len);
            // SAFETY: `new` has placed `len` aligned slots at `first`; they live as long as `self`. Zeros are a valid slot:
            // a stamp of zero, and an item that is not initialized.
            unsafe { self.first.add(index).as_ref() }
        }

        /// Does [`give_back`](Self::give_back) do anything?
        pub(in super::super) fn can_be_given_back(&self) -> bool {
            self.memory.can_be_given_back()
        }

        /// Gives the whole pages among these slots back to the system. Each of the pages is zeros then, or as it was. The
        /// range may be empty.
        ///
        /// # Safety
        ///
        /// Each of these slots is free, and no thread fills one before this returns. Other threads may read its stamp, or
        /// write the zero that it holds.
        pub(in super::super) unsafe fn give_back(&self, slots: Range<usize>) {
            if slots.is_empty() {
                return;
            }
            assert!(slots.end <= self.len);
            // SAFETY: both are at most one past the last slot: the end by the assertion, the start because the range is not
            // empty.
            let (start, end) = unsafe { (self.first.add(slots.start), self.first.add(slots.end)) };
            // SAFETY: both pointers are into `memory`. Between them are only free slots, as the caller guarantees: their
            // stamps are zero before and after, and their items are not initialized.
            unsafe { self.memory.give_back(start.cast(), end.cast()) }
        }
    }

    // SAFETY: threads share `&Slot`, but `Ring` lets only one at a time touch the item, and hands it from thread to thread.
    // So `T: Send` is enough.
    unsafe impl<T: Send> Send for Slots<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Slots<T> {}
}

#[cfg(any(fire_and_forget_loom, fire_and_forget_shuttle))]
mod memory {
    use std::mem::MaybeUninit;
    use std::ops::Range;
    use std::sync::atomic::Ordering;

    use super::Slot;
    use crate::sync::{AtomicU64, Cell};

    pub(in super::super) struct Slots<T>(Box<[Slot<T>]>);

    impl<T> Slots<T> {
        pub(in super::super) fn new(len: usize) -> Self {
            let slot = || Slot {
                stamp: AtomicU64::new(0),
                item: Cell::new(MaybeUninit::uninit()),
            };
            Self((0..len).map(|_| slot()).collect())
        }

        pub(in super::super) fn len(&self) -> usize {
            self.0.len()
        }

        pub(in super::super) fn get(&self, index: usize) -> &Slot<T> {
            &self.0[index]
        }

        pub(in super::super) fn can_be_given_back(&self) -> bool {
            true
        }

        /// Does what the system does: it writes to the slots, and no other thread may touch their items meanwhile.
        ///
        /// # Safety
        ///
        /// As for the real memory.
        pub(in super::super) unsafe fn give_back(&self, slots: Range<usize>) {
            if slots.is_empty() {
                return;
            }
            for slot in &self.0[slots] {
                slot.item.with_mut(|place| {
                    // SAFETY: no other thread touches the item, as the caller guarantees and the model checks.
                    unsafe { place.write(MaybeUninit::uninit()) }
                });
                slot.stamp.store(0, Ordering::Relaxed);
            }
        }
    }

    // SAFETY: as for the real memory.
    unsafe impl<T: Send> Send for Slots<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Slots<T> {}
}
