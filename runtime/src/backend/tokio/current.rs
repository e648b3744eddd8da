//! Which runtime launches use, and in which one a thread is.

use ::tokio::runtime::{Handle, RuntimeFlavor};

use super::runtime;
use crate::report::set::AlreadySet;

/// Names the tokio runtime for launches on `"tokio"` from threads that are in none.
///
/// A launch uses the runtime that the caller is in; else the one given here; else one that starts by itself, off the
/// caller's path. So it never fails with "there is no reactor running". The guide says what the
/// [backend](crate::guide::backends) does beyond that.
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
/// fire_and_forget::set_tokio_handle(runtime.handle().clone())?;
/// ping("localhost".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_tokio_handle(handle: Handle) -> Result<(), AlreadySet> {
    runtime::set_handle(handle)
}

/// The runtime that this thread is in.
pub(crate) fn here() -> Option<Handle> {
    runtime::here()
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
