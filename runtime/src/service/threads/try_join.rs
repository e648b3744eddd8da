//! Joining without waiting, as glibc and musl can.

#![expect(unsafe_code, reason = "std can only join a thread by waiting for it")]

use std::ffi::{c_int, c_void};
use std::os::unix::thread::{JoinHandleExt, RawPthread};
use std::ptr;
use std::thread::JoinHandle;

/// Joins a thread that is over. One that still runs, be it in a destructor, is given back.
pub(super) fn try_join(thread: JoinHandle<()>) -> Result<(), JoinHandle<()>> {
    // SAFETY: the handle is ours alone, and std neither joins nor detaches its thread before the handle is consumed or
    // dropped: so the number is that of a thread that can be joined, and nobody else joins it meanwhile. No result is asked
    // for.
    let refused = unsafe { pthread_tryjoin_np(thread.as_pthread_t(), ptr::null_mut()) };
    if refused != 0 {
        return Err(thread);
    }
    // The number may be another thread's now: the handle is taken apart, so that std does not detach that one.
    let _ = thread.into_pthread_t();
    Ok(())
}

// SAFETY: the signature is that of glibc and musl.
unsafe extern "C" {
    fn pthread_tryjoin_np(thread: RawPthread, result: *mut *mut c_void) -> c_int;
}
