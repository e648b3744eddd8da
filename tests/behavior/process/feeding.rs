//! Pools that feed each other, and one that feeds itself: no caller waits for ever.

use super::play::{check, silent};

silent! {
    pools_that_feed_each_other
}

// Pitfall 12.
#[test]
fn block_inside_a_worker_runs_in_place() {
    check(
        "block_in_a_worker_runs_in_place",
        "in place\nouter\nqueued\n",
        "",
    );
}
