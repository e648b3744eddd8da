//! What each thread of a pool does.

use super::State;
use crate::observer::Loss;
use crate::{body, service, shutdown};

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static State, seat: usize) {
    body::claim_thread();
    let mut worker = pool.core.sit_down(seat, pool);
    let mut task = None;
    while worker.next(&mut task) {
        if shutdown::has_ended() {
            if let Some(task) = task.take() {
                task.lose(Loss::Abandoned);
            }
        } else if let Some(task) = &mut task {
            task.run_in_place();
        }
    }
    drop(worker);
    if shutdown::has_ended() {
        // To join this thread.
        service::wake();
    }
}
