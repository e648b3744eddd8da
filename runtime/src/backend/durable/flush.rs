//! Waiting until the store has what was launched.

use std::time::Duration;

use super::definition::{is_launch, is_stored};
use crate::stop::wait::{self, Scope, Unfinished, Wait, WhyUnfinished};

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
    wait::begin(&Stored, timeout)
}

/// Every launch of a durable function is in its store.
#[derive(Debug)]
struct Stored;

impl Scope for Stored {
    fn is_quiet(&self, _: &dyn Fn() -> bool) -> bool {
        is_stored()
    }

    fn unfinished(&self, reason: WhyUnfinished) -> Unfinished {
        Unfinished::now_of(reason, is_launch)
    }
}
