//! More than there is room for: callers that wait for each other's pools, and memory under a stuck pool.

use super::play::{check, silent};

silent! {
    pools_that_feed_each_other
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_pool
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_pool_that_evicts
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_runtime
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
