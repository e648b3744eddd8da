//! The memory of the queue: an array of slots.

use std::mem::MaybeUninit;

use crate::sync::{AtomicU64, Cell};

#[repr(C, align(128))]
pub(super) struct Slot<T> {
    pub(super) stamp: AtomicU64,
    pub(super) item: Cell<MaybeUninit<T>>,
}

/// Has the processor fetch the first cache line of a slot, where it can be told.
#[inline]
pub(super) fn prefetch<T>(slot: &Slot<T>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing; the instruction is part of SSE, which every processor of this kind has.
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
        /// Where they lie.
        memory: Memory,
    }

    impl<T> Slots<T> {
        pub(in super::super) fn new(len: usize) -> Self {
            let slots = Layout::array::<Slot<T>>(len).expect("fewer slots than memory");
            // The slots are aligned here, in a little more memory.
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
            // SAFETY: `first` begins `len` slots, aligned, that live as long as `self`. Zeros are a slot: a
            // stamp of zero and an item that is not initialized.
            unsafe { self.first.add(index).as_ref() }
        }

        /// Does [`give_back`](Self::give_back) do something?
        pub(in super::super) fn can_be_given_back(&self) -> bool {
            self.memory.can_be_given_back()
        }

        /// Gives the memory of these slots back to the system, as far as it is whole pages: they are zeros then, or as they
        /// were. The range may be empty.
        ///
        /// # Safety
        ///
        /// Each of these slots is free, and nobody fills it before this returns. Others may look at its stamp,
        /// or write the zero that is there.
        pub(in super::super) unsafe fn give_back(&self, slots: Range<usize>) {
            if slots.is_empty() {
                return;
            }
            assert!(slots.end <= self.len);
            // SAFETY: both are at most the end of the array.
            let (start, end) = unsafe { (self.first.add(slots.start), self.first.add(slots.end)) };
            // SAFETY: what lies between is part of the memory. It holds free slots alone, as the caller knows:
            // their stamps are zero before and after, and their items are not initialized.
            unsafe { self.memory.give_back(start.cast(), end.cast()) }
        }
    }

    // SAFETY: the slots are shared as `&Slot`, which `Ring` hands to one thread at a time, with the item in it:
    // so it is enough that the item may be sent.
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

        /// What the system does to them: it writes, and nobody else may meanwhile.
        ///
        /// # Safety
        ///
        /// As for the memory that is not a model's.
        pub(in super::super) unsafe fn give_back(&self, slots: Range<usize>) {
            if slots.is_empty() {
                return;
            }
            for slot in &self.0[slots] {
                slot.item.with_mut(|place| {
                    // SAFETY: nobody else touches the item, as the caller knows, and as the model checks.
                    unsafe { place.write(MaybeUninit::uninit()) }
                });
                slot.stamp.store(0, Ordering::Relaxed);
            }
        }
    }

    // SAFETY: as for the memory that is not a model's.
    unsafe impl<T: Send> Send for Slots<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Slots<T> {}
}
