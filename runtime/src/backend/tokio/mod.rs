//! The backend `"tokio"`: which runtime it uses.
//!
//! It uses the runtime that the caller is in; else the one given to [`set_handle`]; else one that starts by itself.
//! So a launch never fails with "there is no reactor running".
//!
//! An `async fn` has at most 16,384 tasks in flight, each function for itself; further launches are refused as
//! [`MaxInFlight`](crate::Refusal::MaxInFlight). `max_in_flight = …` sets another limit, lower or higher. A `fn` runs on
//! the built-in pool, and has its queue. The guide compares it with the [other backends](crate::guide::backends).

pub(crate) mod built_in;
mod runtime;
pub(crate) mod worker;

use ::tokio::runtime::{Handle, RuntimeFlavor};

use crate::observer::set::AlreadySet;

/// Names the runtime for launches from threads that are in none.
///
/// Without it, the first such launch starts a multi-thread runtime of the crate's own, off the caller's path.
///
/// # Errors
///
/// When a handle has been set before: it stays.
///
/// # Examples
///
/// ```
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// async fn ping(host: String) {
///     println!("pinging {host}");
/// }
///
/// let runtime = tokio::runtime::Runtime::new()?;
/// fire_and_forget::tokio::set_handle(runtime.handle().clone())?;
/// ping("localhost".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_handle(handle: Handle) -> Result<(), AlreadySet> {
    runtime::set_handle(handle)
}

/// To be called before a thread blocks that may be a worker of a runtime. The task that it spawned last is in a place of
/// its own, from which nobody takes it but a newer task: it would not run before this thread goes on.
pub(crate) fn before_blocking() {
    if let Ok(handle) = Handle::try_current()
        && handle.runtime_flavor() == RuntimeFlavor::MultiThread
    {
        drop(handle.spawn(async {}));
    }
}

/// Is this the thread of a current-thread runtime? Blocking it stops all its tasks.
pub(crate) fn is_current_thread_runtime() -> bool {
    Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::CurrentThread)
}
