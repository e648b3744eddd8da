//! Waiting until the store has what was launched.

use std::time::Duration;

use crate::stop::wait::{self, Scope, Wait};

/// Waits until all launches of durable functions are in the store, and keeps accepting launches meanwhile.
///
/// # Errors
///
/// The wait fails with [`Unfinished`](crate::Unfinished) if `timeout` passes first. It fails at once inside a launched body,
/// and inside other code that a launch [waits for](crate::WhyUnfinished::InsideBody).
///
/// # Cancel safety
///
/// Dropping the [`Wait`] stops the waiting and nothing else.
pub fn flush(timeout: Duration) -> Wait {
    wait::begin(Scope::Stored, timeout)
}
