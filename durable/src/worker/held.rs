//! The ids of the jobs that a worker has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The jobs that this worker knows to have, from their fetch until their outcome is written.
///
/// Each with how often: one that was put back may be fetched again before the end of its last time is noted here.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<String, u32>>>);

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

    pub(super) fn all(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
