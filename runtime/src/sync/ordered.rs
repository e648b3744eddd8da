//! An atomic number of which every access is sequentially consistent.

use std::sync::atomic::Ordering::SeqCst;

use super::AtomicU64;

/// An [`AtomicU64`] of which every access is sequentially consistent.
///
/// A thread that changes one, and then reads another such number, sees the change of a thread that does the same the other
/// way round, or is seen by it. A sequentially consistent exchange of another atomic serves as well. A fence would do the
/// same, and cost the caller of a launch 5 ns.
#[derive(Debug)]
pub(crate) struct OrderedU64(AtomicU64);

impl OrderedU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn load(&self) -> u64 {
        self.0.load(SeqCst)
    }

    #[cfg(any(feature = "tokio", all(test, fire_and_forget_loom)))]
    #[inline]
    pub(crate) fn swap(&self, value: u64) -> u64 {
        self.0.swap(value, SeqCst)
    }

    pub(crate) fn fetch_add(&self, value: u64) -> u64 {
        self.0.fetch_add(value, SeqCst)
    }

    pub(crate) fn fetch_sub(&self, value: u64) -> u64 {
        self.0.fetch_sub(value, SeqCst)
    }

    pub(crate) fn fetch_and(&self, bits: u64) -> u64 {
        self.0.fetch_and(bits, SeqCst)
    }

    #[inline]
    pub(crate) fn compare_exchange_weak(&self, current: u64, new: u64) -> Result<u64, u64> {
        self.0.compare_exchange_weak(current, new, SeqCst, SeqCst)
    }
}
