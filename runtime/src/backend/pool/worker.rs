//! What each thread of a pool does: it runs launches, and at the end of a shutdown drops them as lost.

use super::pool::Shared;
use crate::report::Loss;
use crate::stop::phase;
use crate::task::task::Task;

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static Shared, worker_id: usize) {
    let mut worker = pool.core.register(worker_id, pool);
    worker.work(|slot, taken| {
        if phase::has_ended() {
            let task = slot.into_item();
            taken();
            task.lose(Loss::Abandoned);
        } else {
            Task::run_from(slot, taken);
        }
    });
}
