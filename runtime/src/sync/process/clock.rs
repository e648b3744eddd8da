//! The clock of a schedule: time passes only when a thread has waited for it.

use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A time since the schedule began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(Duration::from_nanos(NOW.load(Ordering::Relaxed)))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Self::now().saturating_duration_since(*self)
    }

    /// None beyond what the clock can count.
    pub(crate) fn checked_add(&self, duration: Duration) -> Option<Self> {
        let sum = self.0.checked_add(duration)?;
        u64::try_from(sum.as_nanos()).is_ok().then_some(Self(sum))
    }

    pub(crate) fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

/// Lets this much time pass, at once.
pub(super) fn pass(duration: Duration) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    NOW.fetch_add(nanos, Ordering::Relaxed);
}

static NOW: AtomicU64 = AtomicU64::new(0);
