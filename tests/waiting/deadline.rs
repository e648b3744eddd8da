//! Waits that end in a failure, and never hang.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything here takes: what is waited for so long does not come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Does what might block for ever on a thread of its own, so that a fault is a failure and not a hang.
///
/// # Panics
///
/// When it does not end in time, or panics itself.
#[track_caller]
pub fn in_time<T: Send + 'static>(what: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    begin(act).end(what)
}

/// Begins what [`in_time`] does, and goes on meanwhile.
pub fn begin<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Begun<T> {
    let (done, result) = channel();
    let thread = thread::spawn(move || {
        // The caller may have failed meanwhile.
        let _ = done.send(catch_unwind(AssertUnwindSafe(act)));
    });
    Begun { result, thread }
}

/// Something that goes on on a thread of its own.
#[derive(Debug)]
#[must_use = "nobody would notice that it does not end"]
pub struct Begun<T> {
    result: Receiver<thread::Result<T>>,
    thread: thread::JoinHandle<()>,
}

impl<T> Begun<T> {
    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When it does not end in time, or panics itself.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "often it is enough that it ends")]
    pub fn end(self, what: &str) -> T {
        let result = self.result.recv_timeout(PATIENCE);
        if result.is_ok() {
            // It is at its end, and a process that exits before would leak what it still has.
            let _ = self.thread.join();
        }
        match result {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(error) => panic!("still waiting: {what}: {error}"),
        }
    }
}

/// Waits until something is so that no message tells.
///
/// # Panics
///
/// When it is not so in time.
#[track_caller]
pub fn wait_until(what: impl Display, is_met: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_met() {
        assert!(begun.elapsed() < PATIENCE, "still waiting: {what}");
        thread::yield_now();
    }
}
