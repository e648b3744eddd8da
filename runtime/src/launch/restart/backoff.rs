//! How long the pause before the next launch is: 1 s at first, doubled up to 60 s.

use std::time::Duration;

pub(super) const MIN_BACKOFF: Duration = Duration::from_secs(1);

/// Doubles the pause, up to the longest.
pub(super) fn doubled(pause: Duration) -> Duration {
    (pause * 2).min(MAX_BACKOFF)
}

/// Begins again with the shortest pause after a body that has run for longer than the longest.
pub(super) fn after_running_for(time: Duration, pause: Duration) -> Duration {
    if time > MAX_BACKOFF {
        MIN_BACKOFF
    } else {
        pause
    }
}

const MAX_BACKOFF: Duration = Duration::from_secs(60);
