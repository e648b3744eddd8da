//! A process forked from one that had launched: it has a copy of everything but the threads.
//!
//! The copy has the queues and locks in whatever state they were. It cannot be mended from inside, so its first act is to set a
//! fourth phase: nothing is admitted, waits end at once, and neither takes a lock that another thread may have held. The C
//! library tells of a fork, which costs nothing; to ask for the number of the process would cost each launch a system call. It
//! tells those first that registered first, who may launch then. So it also tells when a fork begins and when it is over, and
//! while one is under way launches do ask. That is in the number that they compare anyway, so the others pay nothing for it.

#![cfg_attr(
    unix,
    expect(
        unsafe_code,
        reason = "the C runtime is the only one that knows when a process forks"
    )
)]

/// Asks to be told when this process forks, and in each that is forked from it. To be called before there is anything that
/// a copy would not work with.
pub(crate) fn install() {
    #[cfg(unix)]
    at_fork::install();
}

/// To look after a fork at each launch would cost a system call; to be told costs nothing.
#[cfg(unix)]
mod at_fork {
    use std::ffi::c_int;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::stop::phase;

    pub(super) fn install() {
        // No `Once`: a process that is forked while another thread is in it would wait for that one for ever.
        static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
        if cfg!(any(miri, fire_and_forget_shuttle)) {
            return; // There is no C runtime, and no fork.
        }
        if IS_INSTALLED.load(Ordering::Acquire) || phase::is_forked() {
            return;
        }
        phase::is_here();
        // Refused only when memory is out. Two threads that come at once both ask, and are told twice of each fork.
        let _ = pthread_atfork(Some(before), Some(in_parent), Some(in_child));
        IS_INSTALLED.store(true, Ordering::Release);
    }

    type Handler = Option<extern "C" fn()>;

    // SAFETY: the signature is that of POSIX. The function is safe to call: it keeps nothing but the pointers, to functions
    // that live as long as the program.
    unsafe extern "C" {
        safe fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int;
    }

    /// Runs before the fork, on its thread. The handlers of those that registered earlier run after it there, and before
    /// [`in_child`] in the new process; what they launch finds that a fork is under way.
    ///
    /// Like the other two, it may run where another thread holds any lock, and only changes a number.
    extern "C" fn before() {
        phase::fork_begins();
    }

    /// Runs in this process before `fork` returns, also where the system has refused it.
    extern "C" fn in_parent() {
        phase::fork_is_over();
    }

    /// Runs in the new process before `fork` returns there.
    extern "C" fn in_child() {
        phase::forked();
    }
}
