//! Runs a model in loom, and checks that it is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a model in every interleaving of its threads with at most so many preemptions.
///
/// # Panics
///
/// If there is only one. Loom remembers the last access to each atomic: a thread that only reads it is forgotten when another
/// reads it before it writes. A `yield_now` ahead of the read has loom try both orders.
pub(crate) fn in_each_interleaving(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    assert!(runs.load(Ordering::Relaxed) > 1, "one interleaving only");
}
