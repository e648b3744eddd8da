//! What wakers do on the service thread keeps no launch from its thread, nor from a worker that is there.

use super::play::{check, silent};

silent! {
    a_launch_runs_that_was_made_while_a_waker_blocked
    a_launch_runs_that_was_made_while_a_waker_had_a_scope
    a_launch_runs_that_was_made_while_a_waker_was_dropped
    a_worker_at_rest_runs_launches_while_another_is_asked_for_and_does_not_come
}
