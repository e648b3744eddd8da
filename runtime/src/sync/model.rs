//! Loom's primitives in the shape of the standard library's.
//!
//! Loom treats a sequentially consistent access as an acquire and release one, and would find executions that cannot
//! happen. So each such access stands between two sequentially consistent fences, which loom does model. That is
//! stronger than the access alone only towards accesses that are not sequentially consistent, and the protocols of the
//! pool rest on none of those.

use loom::sync::atomic::{Ordering, fence};

pub(crate) use loom::sync::atomic::AtomicBool;
pub(crate) use loom::thread::yield_now;

/// In a model, to spin is to let the others go on.
pub(crate) fn spin_loop() {
    yield_now();
}

#[derive(Debug)]
pub(crate) struct AtomicU64(loom::sync::atomic::AtomicU64);

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        fenced(order, || self.0.load(weakened(order, Ordering::Acquire)))
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        fenced(order, || {
            self.0.store(value, weakened(order, Ordering::Release))
        });
    }

    pub(crate) fn fetch_or(&self, bits: u64, order: Ordering) -> u64 {
        fenced(order, || {
            self.0.fetch_or(bits, weakened(order, Ordering::AcqRel))
        })
    }

    pub(crate) fn fetch_and(&self, bits: u64, order: Ordering) -> u64 {
        fenced(order, || {
            self.0.fetch_and(bits, weakened(order, Ordering::AcqRel))
        })
    }

    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        fenced(order, || {
            self.0.fetch_add(value, weakened(order, Ordering::AcqRel))
        })
    }

    pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        fenced(order, || {
            self.0.fetch_sub(value, weakened(order, Ordering::AcqRel))
        })
    }

    pub(crate) fn compare_exchange(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        fenced(success, || {
            self.0.compare_exchange(
                current,
                new,
                weakened(success, Ordering::AcqRel),
                weakened(failure, Ordering::Acquire),
            )
        })
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.compare_exchange(current, new, success, failure)
    }
}

fn weakened(order: Ordering, instead: Ordering) -> Ordering {
    match order {
        Ordering::SeqCst => instead,
        order => order,
    }
}

fn fenced<R>(order: Ordering, access: impl FnOnce() -> R) -> R {
    if order != Ordering::SeqCst {
        return access();
    }
    fence(Ordering::SeqCst);
    let result = access();
    fence(Ordering::SeqCst);
    result
}
