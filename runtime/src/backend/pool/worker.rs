//! What each thread of a pool does.

use super::pool::State;
use crate::report::Loss;
use crate::stop::phase;
use crate::task::task::Task;

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static State, seat: usize) {
    let mut worker = pool.core.sit_down(seat, pool);
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
