//! A parker: one thread parks, and another unparks it.
//!
//! It may return early, and does not say why; the caller has a condition of its own, and parks again while that does not
//! hold.

#[cfg(fire_and_forget_loom)]
pub(crate) use self::on_condition_variable::Parker;
#[cfg(not(fire_and_forget_loom))]
pub(crate) use self::on_thread::Parker;

#[cfg(not(fire_and_forget_loom))]
mod on_thread {
    use crate::sync::lock;
    use crate::sync::process::thread::{self, Thread};
    use crate::sync::process::{Instant, Mutex};

    /// A parker on [`thread::park`]: one system call to park, and one to unpark.
    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        /// Set by the thread before another can unpark it. Locked only to clone the handle, and not while `unpark` wakes
        /// the thread: the system may run that thread in place of this one, and it may be unparked again meanwhile.
        thread: Mutex<Option<Thread>>,
    }

    impl Parker {
        /// Makes the calling thread the one that parks here.
        pub(crate) fn bind(&self) {
            *lock(&self.thread) = Some(thread::current());
        }

        /// Forgets the thread: it is unparked no more.
        pub(crate) fn unbind(&self) {
            *lock(&self.thread) = None;
        }

        /// Blocks until unparked or until the deadline; may return early. Called by the thread that was bound.
        #[allow(clippy::unused_self)] // `thread::park` needs no place to park at; loom's variant does.
        pub(crate) fn park(&self, deadline: Option<Instant>) {
            match deadline {
                None => thread::park(),
                Some(deadline) => {
                    thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
                }
            }
        }

        /// Unparks the thread that was bound, or lets its next `park` return at once.
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

    /// A parker on a condition variable: loom's `unpark` is lost when the thread is blocked on a mutex.
    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        is_woken: Mutex<bool>,
        woken: Condvar,
    }

    impl Parker {
        pub(crate) fn bind(&self) {}

        pub(crate) fn unbind(&self) {}

        /// Blocks until unparked. No time passes in a model, so no deadline is reached.
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
