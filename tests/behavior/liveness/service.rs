//! Launches run although wakers block the service thread for a moment.

use crate::play::{check, silent};

silent! {
    a_launch_runs_that_was_made_while_a_waker_blocked
    a_launch_runs_that_was_made_while_a_waker_had_a_scope
    a_launch_runs_that_was_made_while_a_waker_was_dropped
    a_worker_at_rest_runs_launches_while_another_is_asked_for_and_does_not_come
}
