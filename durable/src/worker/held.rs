//! The ids of the jobs that a worker has.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The jobs that this worker knows to have, from their fetch until their outcome is written.
///
/// Each with how often: one that was put back may be fetched again before the end of its last time is noted here.
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

    /// The store may have jobs for this worker that are not among these.
    pub(super) fn doubt(&self) {
        self.0.is_in_doubt.store(true, Ordering::Relaxed);
    }

    /// May it, since this was asked last?
    pub(super) fn take_doubt(&self) -> bool {
        self.0.is_in_doubt.swap(false, Ordering::Relaxed)
    }

    pub(super) fn all(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
