//! What each thread of a pool does.

use std::sync::atomic::{Ordering, fence};
use std::time::Instant;

use super::State;
use super::idle::Seat;
use crate::observer::Loss;
use crate::{body, service, shutdown};

/// Runs launches until the thread has been idle for too long, or the shutdown has ended.
pub(super) fn run(pool: &'static State, seat: Seat) {
    body::claim_thread();
    seat.sit_down();
    loop {
        run_queue(pool);
        if shutdown::has_ended() {
            break;
        }
        seat.become_idle();
        // Pairs with the fence in `State::notify`: whoever pushed since the look above sees this worker idle, or
        // is seen now.
        fence(Ordering::SeqCst);
        if !pool.queue.is_empty() || shutdown::has_ended() {
            // If it fails, somebody has woken this worker: there is work all the same.
            seat.cancel_idleness();
            continue;
        }
        let deadline = Instant::now().checked_add(pool.keep_alive);
        if !seat.sleep_until(deadline) {
            break;
        }
    }
    drop(seat);
    pool.live.fetch_sub(1, Ordering::SeqCst);
    // A launch that was pushed between the last look and the line above may have found the pool fully staffed.
    fence(Ordering::SeqCst);
    if !pool.queue.is_empty() {
        pool.notify();
    }
    if shutdown::has_ended() {
        service::wake();
    }
}

fn run_queue(pool: &State) {
    while let Some(task) = pool.queue.pop() {
        if shutdown::has_ended() {
            task.lose(Loss::Abandoned);
        } else {
            task.run();
        }
        pool.finish_one();
    }
}
