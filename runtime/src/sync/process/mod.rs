//! What a process has once: statics, threads, and the clock. From std, or from shuttle in its schedules.
//!
//! Shuttle makes statics anew for each schedule, and has no clock. So each process plays one schedule, and the files beside
//! this one are what shuttle lacks: a clock, timeouts, a `OnceLock` that does not stop its scheduler, and threads that the
//! system may refuse.

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
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence},
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
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence},
    },
    thread_local,
};
