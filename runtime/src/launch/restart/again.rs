//! The next launch of a daemon that runs: after which ends it comes, and after which pause.

use std::time::Duration;
use std::{fmt, mem};

use super::backoff;
use super::scheduled::schedule;
use crate::sync::process::Instant;

/// The ends after which a daemon is launched again.
#[derive(Debug, Clone, Copy)]
pub enum Restart {
    /// An error and a panic.
    OnFailure,
    /// An error, a panic and a return.
    Always,
}

/// The next launch of a running daemon: scheduled if the body ends early, otherwise dropped.
pub struct Again {
    restart: Restart,
    launch: Box<dyn FnOnce(Duration) + Send>,
    began: Instant,
    pause: Duration,
}

impl Again {
    pub(super) fn new(
        restart: Restart,
        pause: Duration,
        launch: Box<dyn FnOnce(Duration) + Send>,
    ) -> Self {
        Self {
            restart,
            launch,
            began: Instant::now(),
            pause,
        }
    }

    /// Calls `body`; if that unwinds, schedules the next launch.
    pub(super) fn watch<R>(again: &mut Option<Self>, body: impl FnOnce() -> R) -> R {
        let panics = Panics(again);
        let value = body();
        mem::forget(panics);
        value
    }

    pub(super) fn after_a_failure(self) {
        let pause = backoff::after_running_for(self.began.elapsed(), self.pause);
        let launch = self.launch;
        schedule(pause, Box::new(move || launch(pause)));
    }

    pub(super) fn after_a_return(self) {
        if matches!(self.restart, Restart::Always) {
            self.after_a_failure();
        }
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Again").finish_non_exhaustive()
    }
}

/// Schedules the next launch when the body unwinds. Forgotten when the body returns.
struct Panics<'a>(&'a mut Option<Again>);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        if let Some(again) = self.0.take() {
            again.after_a_failure();
        }
    }
}
