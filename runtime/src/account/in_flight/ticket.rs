//! The number and the state flags of one launch, packed into one word.

#[cfg(feature = "metrics")]
use crate::report::meters::{self, Time};
use crate::thread::body;
#[cfg(feature = "tracing")]
use crate::trace::Traced;

/// The number of a launch within its function, and its state flags, in one word. Every task carries one, so it must
/// stay small.
#[derive(Debug)]
pub(crate) struct Ticket {
    word: u64,
    /// The time of the launch, and later the time at which the body began. Unknown if the
    /// launch is not recorded.
    #[cfg(feature = "metrics")]
    pub(super) since: Time,
    /// The span, from admission until the end.
    #[cfg(feature = "tracing")]
    pub(super) traced: Traced,
}

/// Set while the launch holds a permit of its function.
pub(super) const PERMIT: u64 = 1;
/// Set when the body begins.
pub(super) const STARTED: u64 = 1 << 1;
/// Set if a test runs the launch outside of the ledger.
pub(super) const OUTSIDE: u64 = 1 << 2;
/// Set if an observer launched it, directly or through other launches.
pub(super) const OF_OBSERVER: u64 = 1 << 3;
/// Set when the end has been reported, before it is counted.
pub(super) const REPORTED: u64 = 1 << 4;
/// Set if the launch is a daemon, so that its backend can refuse it.
pub(crate) const DAEMON: u64 = 1 << 5;
/// Set if the launch is a daemon, and its backend has no thread for it.
pub(crate) const WITHOUT_A_THREAD: u64 = 1 << 6;
/// Set if another guard now stands for the launch.
pub(super) const PASSED_ON: u64 = 1 << 7;
const NUMBER: u64 = 1 << 8;

impl Ticket {
    /// The ticket of a launch that has not begun.
    pub(crate) const NONE: Self = Self {
        word: 0,
        #[cfg(feature = "metrics")]
        since: Time::UNKNOWN,
        #[cfg(feature = "tracing")]
        traced: Traced::NOT,
    };

    #[inline]
    pub(super) fn begin(&mut self, number: u64) {
        self.word = number.wrapping_mul(NUMBER);
        if body::is_of_observer() {
            self.set(OF_OBSERVER);
        }
        #[cfg(feature = "metrics")]
        {
            self.since = if meters::is_recording() {
                Time::UNKNOWN
            } else {
                Time::now()
            };
        }
    }

    /// Takes the ticket. The one that is left behind no longer stands for the launch.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        Self {
            word: self.word,
            #[cfg(feature = "metrics")]
            since: self.since,
            #[cfg(feature = "tracing")]
            traced: self.traced.take(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.word / NUMBER
    }

    pub(crate) fn has(&self, flag: u64) -> bool {
        self.word & flag != 0
    }

    pub(crate) fn set(&mut self, flag: u64) {
        self.word |= flag;
    }
}
