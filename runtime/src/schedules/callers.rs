//! Threads that launch beside a scenario, and a count of the bodies that have run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shuttle::thread::{self, JoinHandle};

/// How many bodies have run.
#[derive(Clone, Default)]
pub(super) struct Ran(Arc<AtomicU64>);

impl Ran {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Threads that are launching.
#[must_use = "they are to be joined"]
pub(super) struct Callers(Vec<JoinHandle<()>>);

impl Callers {
    /// Begins `threads` threads, each of which calls `times` times.
    pub(super) fn begin(
        threads: usize,
        times: usize,
        call: impl Fn() + Clone + Send + 'static,
    ) -> Self {
        let caller = || {
            let call = call.clone();
            thread::spawn(move || (0..times).for_each(|_| call()))
        };
        Self((0..threads).map(|_| caller()).collect())
    }

    pub(super) fn join(self) {
        for caller in self.0 {
            caller.join().unwrap();
        }
    }
}
