//! Where one thread sleeps until another wakes it.

#[cfg(fire_and_forget_loom)]
pub(crate) use self::on_condition_variable::Parker;
#[cfg(not(fire_and_forget_loom))]
pub(crate) use self::on_thread::Parker;

#[cfg(not(fire_and_forget_loom))]
mod on_thread {
    use crate::sync::lock;
    use crate::sync::process::thread::{self, Thread};
    use crate::sync::process::{Instant, Mutex};

    /// Sleeping is [`thread::park`]: one system call to sleep and one to wake.
    ///
    /// Both may return early; what decides is a condition of the caller's.
    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        /// Set by the thread before it can be woken. Locked for a moment, and not while somebody is woken, who may be let run in
        /// place of this thread, and be called again meanwhile.
        thread: Mutex<Option<Thread>>,
    }

    impl Parker {
        /// From now on it is the calling thread that parks here.
        pub(crate) fn bind(&self) {
            *lock(&self.thread) = Some(thread::current());
        }

        pub(crate) fn unbind(&self) {
            *lock(&self.thread) = None;
        }

        /// Parks until woken, or until the deadline. Called by the thread that was bound.
        #[allow(clippy::unused_self)] // The thread knows its own place to sleep; loom's variant does not.
        pub(crate) fn park(&self, deadline: Option<Instant>) {
            match deadline {
                None => thread::park(),
                Some(deadline) => {
                    thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
                }
            }
        }

        pub(crate) fn unpark(&self) {
            let thread = lock(&self.thread).clone();
            if let Some(thread) = thread {
                thread.unpark();
            }
        }
    }
}

#[cfg(fire_and_forget_loom)]
mod on_condition_variable {
    use loom::sync::{Condvar, Mutex};

    use crate::sync::process::Instant;

    /// Loom's `unpark` loses its token when the thread is blocked on a mutex; a condition variable does not.
    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        is_woken: Mutex<bool>,
        woken: Condvar,
    }

    impl Parker {
        pub(crate) fn bind(&self) {}

        pub(crate) fn unbind(&self) {}

        /// In a model no time passes: no deadline is ever reached.
        pub(crate) fn park(&self, _: Option<Instant>) {
            let mut is_woken = self.is_woken.lock().unwrap();
            while !*is_woken {
                is_woken = self.woken.wait(is_woken).unwrap();
            }
            *is_woken = false;
        }

        pub(crate) fn unpark(&self) {
            *self.is_woken.lock().unwrap() = true;
            self.woken.notify_one();
        }
    }
}
