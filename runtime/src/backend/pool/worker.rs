//! What each thread of a pool does.

use super::State;
use crate::observer::Loss;
use crate::shutdown;
use crate::task::Task;

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static State, seat: usize) {
    let mut worker = pool.core.sit_down(seat, pool);
    worker.work(|slot, taken| {
        if shutdown::has_ended() {
            let task = slot.into_item();
            taken();
            task.lose(Loss::Abandoned);
        } else {
            Task::run_from(slot, taken);
        }
    });
}
