//! Joins a thread by waiting for it, on systems that cannot do so without.

use crate::sync::process::thread::JoinHandle;

/// Joins a thread, and waits for the destructors that it may still be in.
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere, a thread that still runs is given back"
)]
pub(super) fn try_join(thread: JoinHandle<()>) -> Result<(), JoinHandle<()>> {
    // Panics of bodies have been caught and reported.
    let _ = thread.join();
    Ok(())
}
