//! What each thread of a pool does.

use super::State;
use crate::observer::Loss;
use crate::{body, service, shutdown};

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static State, seat: usize) {
    body::claim_thread();
    let mut worker = pool.core.sit_down(seat, pool);
    while let Some(mut task) = worker.next() {
        if shutdown::has_ended() {
            task.lose(Loss::Abandoned);
        } else {
            task.run_in_place();
        }
    }
    drop(worker);
    if shutdown::has_ended() {
        // To join this thread.
        service::wake();
    }
}
