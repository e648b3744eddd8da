//! The job whose body this thread runs or polls, in a thread-local.
//!
//! A guard sets it around each run and each poll, and around the destructors and reports of the job, and restores the outer
//! job when it is dropped. Reports take the launching line from it, because that line may be in another program.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use crate::account::site::Site;
use crate::report::place::Place;

/// Returns the job of the running body, or `None` outside the body of a durable function.
///
/// A job may run more than once: its worker may die after the work is done and before the store knows. A body whose
/// effect must not happen twice has to prevent that itself, for example with [`Job::id`] as the key of a row.
///
/// # Examples
///
/// ```
/// // Not in a job:
/// assert!(fire_and_forget::durable::job().is_none());
/// ```
#[must_use]
pub fn job() -> Option<Job> {
    // Fails only if the thread ends and its thread-locals are gone; no body runs then.
    CURRENT.try_with(|current| current.borrow().clone()).ok()?
}

/// A job, as its body sees it.
#[derive(Debug, Clone)]
pub struct Job(Arc<Facts>);

#[derive(Debug)]
pub(super) struct Facts {
    pub(super) function: &'static str,
    /// Counts its executions.
    pub(super) executions: &'static Site,
    pub(super) id: String,
    pub(super) queue: String,
    pub(super) attempt: u32,
    pub(super) attempts: u32,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) launched_on: SystemTime,
}

impl Job {
    pub(super) fn new(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    /// Returns its id in the store, which is the same at each attempt.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the number of this attempt, from 1 on. An attempt that ended with its process is not counted.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Returns the number of failures after which the job is given up.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the queue that it was fetched from.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.0.queue
    }

    /// Returns the name of its function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.function
    }

    /// Returns the line that launched it, which may be in another program.
    #[must_use]
    pub fn launched_at(&self) -> Place<'_> {
        Place::new(&self.0.file, self.0.line)
    }

    /// Returns when it was launched, by the clock of the launching machine.
    #[must_use]
    pub fn launched_on(&self) -> SystemTime {
        self.0.launched_on
    }

    /// Makes this the current job of the thread until the guard is dropped.
    pub(super) fn enter(&self) -> Inside {
        Inside(set(Some(self.clone())))
    }
}

/// Calls `with` with the line that launched the current job, if `site` counts the executions of that job; otherwise with
/// `here`.
pub(crate) fn launched_at<R>(site: &Site, here: Place<'_>, with: impl FnOnce(Place<'_>) -> R) -> R {
    let job = job().filter(|job| std::ptr::eq(job.0.executions, site));
    with(job.as_ref().map_or(here, Job::launched_at))
}

/// The guard of [`Job::enter`]: restores the outer job.
#[derive(Debug)]
pub(super) struct Inside(Option<Job>);

impl Drop for Inside {
    fn drop(&mut self) {
        set(self.0.take());
    }
}

/// Sets the current job, and returns the one before.
fn set(job: Option<Job>) -> Option<Job> {
    CURRENT
        .try_with(|current| current.replace(job))
        .unwrap_or_default()
}

thread_local! {
    static CURRENT: RefCell<Option<Job>> = const { RefCell::new(None) };
}
