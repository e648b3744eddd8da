//! Joins a thread without waiting for it, as glibc and musl can.

#![expect(unsafe_code, reason = "std can only join a thread by waiting for it")]

use std::ffi::{c_int, c_void};
use std::os::unix::thread::{JoinHandleExt, RawPthread};
use std::ptr;
use std::thread::JoinHandle;

/// Joins a thread that has ended. One that still runs, be it in a destructor, is given back.
pub(super) fn try_join(thread: JoinHandle<()>) -> Result<(), JoinHandle<()>> {
    // SAFETY: `thread` is the only handle, and std neither joins nor detaches before the handle is consumed or dropped. So
    // the number is that of a joinable thread, and no other thread joins it meanwhile. The result pointer may be null.
    let refused = unsafe { pthread_tryjoin_np(thread.as_pthread_t(), ptr::null_mut()) };
    if refused != 0 {
        return Err(thread);
    }
    // The number may belong to another thread from now on: taking the handle apart keeps std from detaching that one.
    let _ = thread.into_pthread_t();
    Ok(())
}

// SAFETY: the signature is that of glibc and musl.
unsafe extern "C" {
    fn pthread_tryjoin_np(thread: RawPthread, result: *mut *mut c_void) -> c_int;
}
