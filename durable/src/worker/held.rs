//! The ids of the jobs that a worker knows to have, shared by its loop and the task that writes its outcomes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The jobs that this worker knows to have, from their fetch until their outcome is written.
///
/// Each has a count, because a job that was put back may be fetched again before its first end is noted here.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Inner>);

#[derive(Default)]
struct Inner {
    jobs: Mutex<HashMap<String, u32>>,
    is_in_doubt: AtomicBool,
}

impl Held {
    pub(super) fn add(&self, id: &str) {
        *self.all().entry(id.into()).or_default() += 1;
    }

    pub(super) fn remove(&self, id: &str) {
        let mut all = self.all();
        if let Some(times) = all.get_mut(id) {
            *times -= 1;
            if *times == 0 {
                all.remove(id);
            }
        }
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    /// Notes that the store may have jobs under this worker's name that are not among these.
    pub(super) fn doubt(&self) {
        self.0.is_in_doubt.store(true, Ordering::Relaxed);
    }

    /// Returns whether that was noted, and forgets it.
    pub(super) fn take_doubt(&self) -> bool {
        self.0.is_in_doubt.swap(false, Ordering::Relaxed)
    }

    pub(super) fn all(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
