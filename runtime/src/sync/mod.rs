//! Locks, with poisoning decided once; and the primitives of the pool, which are loom's in its models.

mod cell;
mod ordered;
mod parker;

#[cfg(not(loom))]
pub(crate) use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64},
    thread::yield_now,
};

#[cfg(loom)]
pub(crate) use loom::{
    sync::atomic::{AtomicBool, AtomicU64},
    thread::{yield_now, yield_now as spin_loop},
};

pub(crate) use self::cell::Cell;
pub(crate) use self::ordered::OrderedU64;
pub(crate) use self::parker::Parker;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic while it was held changes nothing, because no code of the user's runs under our locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
