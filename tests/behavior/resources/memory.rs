//! Memory stays flat under more launches than there is room for, and comes back after a burst.

use crate::play::{check, silent};

silent! {
    memory_stays_flat_under_a_stuck_pool
    memory_stays_flat_under_a_pool_that_evicts
    memory_stays_flat_under_a_stuck_runtime
    memory_stays_flat_while_runtimes_come_and_go
    idle_pools_take_hardly_any_memory
    idle_pools_whose_threads_stay_give_their_memory_back
    idle_threads_give_their_memory_back
    what_was_touched_ahead_is_given_back
}
