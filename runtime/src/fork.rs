//! A process forked from one that had launched: it has a copy of everything but the threads.

#![cfg_attr(
    unix,
    expect(
        unsafe_code,
        reason = "the C runtime is the only one that knows when a process forks"
    )
)]

/// Asks to be told in each process that is forked from this one, once. To be called before there is anything that a copy
/// would not work with.
pub(crate) fn install() {
    #[cfg(unix)]
    at_fork::install();
}

/// To look after a fork at each launch would cost a system call; to be told costs nothing.
#[cfg(unix)]
mod at_fork {
    use std::ffi::c_int;
    use std::sync::Once;

    use crate::shutdown;

    pub(super) fn install() {
        static INSTALLED: Once = Once::new();
        if cfg!(miri) {
            return; // There is no C runtime, and no fork.
        }
        INSTALLED.call_once(|| {
            // Refused only when memory is out.
            let _ = pthread_atfork(None, None, Some(in_child));
        });
    }

    type Handler = Option<extern "C" fn()>;

    // SAFETY: the signature is that of POSIX. The function is safe to call: it keeps nothing but the pointers, to functions
    // that live as long as the program.
    unsafe extern "C" {
        safe fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int;
    }

    /// Runs in the new process, before `fork` returns there. Other threads may have held any lock: it only stores a
    /// number.
    extern "C" fn in_child() {
        shutdown::forked();
    }
}
