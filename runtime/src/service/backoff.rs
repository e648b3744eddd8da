//! Pauses between attempts that fail: each is twice as long as the one before, up to a longest.

use std::time::Duration;

use crate::sync::process::Instant;

/// When to try again, and how long to wait after the next failure.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// `None` until an attempt has failed.
    retry_at: Option<Instant>,
    pause: Duration,
    first: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            retry_at: None,
            pause: first,
            first,
            longest,
        }
    }

    /// For what the system refuses.
    pub(crate) const fn of_refusals() -> Self {
        Self::new(Duration::from_millis(10), Self::LONGEST_OF_REFUSALS)
    }

    /// The longest pause after what the system refuses.
    pub(crate) const LONGEST_OF_REFUSALS: Duration = Duration::from_secs(1);

    /// When the next attempt may begin, if that is not now.
    pub(crate) fn until(&self, now: Instant) -> Option<Instant> {
        self.retry_at.filter(|retry_at| now < *retry_at)
    }

    /// When the next attempt is due, also if that is past. `None` until an attempt has failed.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// An attempt has failed. Returns when the next one may begin.
    pub(crate) fn failed(&mut self, now: Instant) -> Instant {
        let retry_at = now + self.next_pause();
        self.retry_at = Some(retry_at);
        retry_at
    }

    /// The pause before the next attempt, for a thread that waits by itself.
    pub(crate) fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(self.longest);
        pause
    }

    /// An attempt has succeeded: the next may begin at once.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.first, self.longest);
    }
}
