//! What blocking a thread does to the runtime that the thread is in.

use ::tokio::runtime::{Handle, RuntimeFlavor};

/// Spawns an empty task, if this thread is in a multi-thread runtime. Call this before the thread blocks.
///
/// On a worker of the runtime, the task that was spawned last lies in the worker's LIFO slot, from which no other worker
/// takes it. It would not run until this thread goes on; a newer task moves it to the run queue.
pub(crate) fn before_blocking() {
    if let Ok(handle) = Handle::try_current()
        && handle.runtime_flavor() == RuntimeFlavor::MultiThread
    {
        drop(handle.spawn(async {}));
    }
}

/// Returns whether this thread drives a current-thread runtime. Blocking it stops all tasks of that runtime.
pub(crate) fn is_current_thread_runtime() -> bool {
    Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::CurrentThread)
}
