//! Locks, atomics and threads: one place where std's are replaced by those of a model checker, and where poisoning is
//! decided.
//!
//! Loom's (`--cfg fire_and_forget_loom`) are in the queue, the pool's protocol and the lane's. Shuttle's
//! (`--cfg fire_and_forget_shuttle`) are there as well, and in all that [`process`] exports.

mod cell;
#[cfg(all(test, fire_and_forget_loom))]
mod interleavings;
mod made;
mod ordered;
mod parker;
pub(crate) mod process;

#[cfg(not(any(fire_and_forget_loom, fire_and_forget_shuttle)))]
pub(crate) use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64},
    thread::yield_now,
};

#[cfg(fire_and_forget_loom)]
pub(crate) use loom::{
    sync::atomic::{AtomicBool, AtomicU64},
    thread::{yield_now, yield_now as spin_loop},
};

#[cfg(fire_and_forget_shuttle)]
pub(crate) use shuttle::{
    sync::atomic::{AtomicBool, AtomicU64},
    thread::{yield_now, yield_now as spin_loop},
};

pub(crate) use self::cell::Cell;
#[cfg(all(test, fire_and_forget_loom))]
pub(crate) use self::interleavings::in_each_interleaving;
pub(crate) use self::made::{get_or_make, get_or_make_large, is_making};
pub(crate) use self::ordered::OrderedU64;
pub(crate) use self::parker::Parker;

use std::sync::PoisonError;

use self::process::{Mutex, MutexGuard};

/// Locks. A panic of another thread that held the lock is ignored: no code of the user's runs under a lock of ours.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks a list that has memory for one more item: see [`with_room`].
pub(crate) fn lock_with_room<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    with_room(|| lock(list), |list| list)
}

/// Borrows or locks what holds a list with memory for one more item. So nothing is allocated or released while it is
/// borrowed: an allocator is the user's code, and may launch.
pub(crate) fn with_room<G, T>(
    mut borrow: impl FnMut() -> G,
    list_of: impl Fn(&mut G) -> &mut Vec<T>,
) -> G {
    let mut longer = Vec::new();
    loop {
        let mut guard = borrow();
        let list = list_of(&mut guard);
        if list.len() < list.capacity() {
            return guard;
        }
        if list.len() < longer.capacity() {
            longer.append(list);
            std::mem::swap(list, &mut longer);
            // The old memory is released after the lock.
            drop(guard);
            longer = Vec::new();
            continue;
        }
        let length = list.len() * 2 + 4;
        drop(guard);
        longer = Vec::with_capacity(length);
    }
}
