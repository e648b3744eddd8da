//! The job whose body this thread runs or polls.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use super::definition::Definition;
use crate::account::site::Site;
use crate::report::report::Place;

/// The job of the running body; None in what is no body of a durable function.
///
/// A job may be run more than once: its worker may have died when the work was done, and before the store knew. What must not
/// happen twice is to be made so by the body, for example with [`Job::id`] as the key of a row.
///
/// # Examples
///
/// ```
/// // Not in a job:
/// assert!(fire_and_forget::durable::job().is_none());
/// ```
#[must_use]
pub fn job() -> Option<Job> {
    // Thread-locals may be gone already: then no body is running here.
    CURRENT.try_with(|current| current.borrow().clone()).ok()?
}

/// What a body can learn of its job.
#[derive(Debug, Clone)]
pub struct Job(Arc<Facts>);

#[derive(Debug)]
pub(super) struct Facts {
    pub(super) definition: &'static Definition,
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

    /// Its id in the store, the same at each attempt.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Which attempt this is, from 1 on. An attempt that ended with its process is not counted.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// After how many failures it is given up.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The queue that it was fetched from.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.0.queue
    }

    /// The name of its function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.definition.name()
    }

    /// The line that launched it, by whichever program.
    #[must_use]
    pub fn launched_at(&self) -> Place<'_> {
        Place::new(&self.0.file, self.0.line)
    }

    /// When it was launched, by the clock of the machine that did.
    #[must_use]
    pub fn launched_on(&self) -> SystemTime {
        self.0.launched_on
    }

    pub(super) fn definition(&self) -> &'static Definition {
        self.0.definition
    }

    /// This thread is in its body until the guard is dropped.
    pub(super) fn enter(&self) -> Inside {
        Inside(set(Some(self.clone())))
    }
}

/// Lends the line that launched the job whose body runs here, if its executions are counted by this site; else the line that is
/// given.
pub(crate) fn launched_at<R>(site: &Site, here: Place<'_>, with: impl FnOnce(Place<'_>) -> R) -> R {
    let job = job().filter(|job| std::ptr::eq(job.definition().executions(), site));
    with(job.as_ref().map_or(here, Job::launched_at))
}

/// See [`Job::enter`].
#[derive(Debug)]
pub(super) struct Inside(Option<Job>);

impl Drop for Inside {
    fn drop(&mut self) {
        set(self.0.take());
    }
}

fn set(job: Option<Job>) -> Option<Job> {
    CURRENT
        .try_with(|current| current.replace(job))
        .unwrap_or_default()
}

thread_local! {
    static CURRENT: RefCell<Option<Job>> = const { RefCell::new(None) };
}
