//! The number of a launch, and what has become of it so far, in one word.

#[cfg(feature = "metrics")]
use crate::report::meters::{self, Time};
use crate::thread::body;
#[cfg(feature = "tracing")]
use crate::trace::Traced;

/// The number of a launch within its function, and in one word with it what has become of it so far: it travels in
/// every task.
#[derive(Debug)]
pub(crate) struct Ticket {
    word: u64,
    /// When it was launched or, once that is so, when its body began; unknown if nothing of it is recorded.
    #[cfg(feature = "metrics")]
    pub(super) since: Time,
    /// Its span, from when it may go on until it ends.
    #[cfg(feature = "tracing")]
    pub(super) traced: Traced,
}

/// It holds one of its function's permits.
pub(super) const PERMIT: u64 = 1;
/// Its body has begun.
pub(super) const STARTED: u64 = 1 << 1;
/// It is run in a test, outside of the ledger.
pub(super) const OUTSIDE: u64 = 1 << 2;
/// An observer launched it, or what an observer launched.
pub(super) const OF_OBSERVER: u64 = 1 << 3;
/// How it is about to end has been reported.
pub(super) const REPORTED: u64 = 1 << 4;
/// It is that of a daemon, whose backend is to see that.
const DAEMON: u64 = 1 << 5;
/// It is that of a daemon, and its backend has no thread for it.
const WITHOUT_A_THREAD: u64 = 1 << 6;
/// Another guard stands for the launch.
pub(super) const PASSED_ON: u64 = 1 << 7;
const NUMBER: u64 = 1 << 8;

impl Ticket {
    /// That of a launch which has not begun.
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

    /// The ticket; what is left behind does not stand for the launch.
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

    pub(crate) fn mark_as_daemon(&mut self) {
        self.set(DAEMON);
    }

    pub(crate) fn is_of_daemon(&self) -> bool {
        self.has(DAEMON)
    }

    /// Its backend has no thread for it, and gives it back.
    pub(crate) fn has_no_thread(&mut self) {
        self.set(WITHOUT_A_THREAD);
    }

    pub(crate) fn is_without_a_thread(&self) -> bool {
        self.has(WITHOUT_A_THREAD)
    }

    pub(super) fn has(&self, flag: u64) -> bool {
        self.word & flag != 0
    }

    pub(super) fn set(&mut self, flag: u64) {
        self.word |= flag;
    }
}
