//! Locks, with poisoning decided once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic while it was held changes nothing, because no code of the user's runs under our locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
