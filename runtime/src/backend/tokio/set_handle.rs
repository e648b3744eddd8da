//! Names the runtime for launches from threads that are in none, and asks which runtime a thread is in.

use ::tokio::runtime::Handle;

use super::runtime;
use crate::report::set::AlreadySet;

/// Names the tokio runtime for launches on `"tokio"` from threads that are in none.
///
/// A launch uses the runtime that the caller is in; otherwise the one given here; otherwise one that the crate starts, off the
/// caller's path. So a launch never fails with "there is no reactor running". The guide says what the
/// [backend](crate::guide::backends) does beyond that.
///
/// # Errors
///
/// Fails if a handle has been set before, which stays in force.
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

/// Returns the runtime that this thread is in.
pub(crate) fn here() -> Option<Handle> {
    runtime::here()
}
