//! Idle threads sleep, and retire when their time is over.

use crate::play::{check, silent};

silent! {
    waiting_threads_use_no_time
    sparse_launches_are_cheap
    callers_that_wait_for_room_use_no_time
}

#[test]
fn where_nothing_is_launched_no_thread_exists() {
    check("nothing_launched_no_thread", "1\n1\n", "");
}

// Pitfall 19.
#[test]
fn idle_threads_retire_and_use_no_time() {
    check(
        "idle_threads_retire_and_use_no_time",
        "fire-and-forget\n",
        "",
    );
}
