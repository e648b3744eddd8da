//! How many reports of one kind of each function are passed on, and in how much time.

use std::time::Duration;

/// The rate: so many reports of each kind for each function, in so much time.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Limit {
    pub(in crate::report) reports: u32,
    pub(in crate::report) window: Duration,
}

impl Limit {
    pub(in crate::report) const DEFAULT: Self = Self {
        reports: 10,
        window: Duration::from_secs(1),
    };
}
