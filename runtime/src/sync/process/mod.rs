//! What is in statics, and what there is one of: threads, and the clock.
//!
//! Shuttle has statics that are made anew for each schedule, and no clock; so a process plays one schedule, and the files
//! in `process/` are what shuttle does not have.

#[cfg(fire_and_forget_shuttle)]
mod clock;
#[cfg(fire_and_forget_shuttle)]
mod condvar;
#[cfg(fire_and_forget_shuttle)]
mod once_lock;
#[cfg(fire_and_forget_shuttle)]
pub(crate) mod thread;

#[cfg(not(fire_and_forget_shuttle))]
pub(crate) use std::{
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, fence},
    },
    thread, thread_local,
    time::Instant,
};

#[cfg(fire_and_forget_shuttle)]
pub(crate) use self::{clock::Instant, condvar::Condvar, once_lock::OnceLock};
#[cfg(fire_and_forget_shuttle)]
pub(crate) use shuttle::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, fence},
    },
    thread_local,
};
