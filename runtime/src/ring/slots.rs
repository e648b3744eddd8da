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
    use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
    use std::ptr::NonNull;

    use super::Slot;

    /// An array of slots that begins as zeros.
    pub(in super::super) struct Slots<T> {
        first: NonNull<Slot<T>>,
        len: usize,
        /// What was allocated, to be given back.
        memory: NonNull<u8>,
        layout: Layout,
    }

    impl<T> Slots<T> {
        pub(in super::super) fn new(len: usize) -> Self {
            let slots = Layout::array::<Slot<T>>(len).expect("fewer slots than memory");
            // Asked for a larger alignment than this, the system's allocator writes the zeros itself, and so
            // touches every page. So the slots are aligned here, in a little more memory.
            let layout = Layout::from_size_align(slots.size() + slots.align(), MODEST)
                .expect("fewer slots than memory");
            // SAFETY: the layout is not of size zero: it has at least the bytes of one alignment.
            let memory = unsafe { alloc_zeroed(layout) };
            let Some(memory) = NonNull::new(memory) else {
                handle_alloc_error(layout);
            };
            let padding = memory.as_ptr().align_offset(slots.align());
            // SAFETY: the padding is smaller than the alignment, by which the memory is larger than the slots.
            let first = unsafe { memory.add(padding) }.cast();
            Self {
                first,
                len,
                memory,
                layout,
            }
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
    }

    impl<T> Drop for Slots<T> {
        fn drop(&mut self) {
            // SAFETY: allocated in `new` with this layout. The items have been moved out: see `Ring::drop`.
            unsafe { dealloc(self.memory.as_ptr(), self.layout) }
        }
    }

    // SAFETY: the slots are shared as `&Slot`, which `Ring` hands to one thread at a time, with the item in it:
    // so it is enough that the item may be sent.
    unsafe impl<T: Send> Send for Slots<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Slots<T> {}

    /// What every allocation has anyway.
    const MODEST: usize = align_of::<u64>();
}

#[cfg(any(fire_and_forget_loom, fire_and_forget_shuttle))]
mod memory {
    use std::mem::MaybeUninit;

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
    }

    // SAFETY: as for the memory that is not a model's.
    unsafe impl<T: Send> Send for Slots<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Slots<T> {}
}
