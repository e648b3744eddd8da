//! Destructors of C libraries (`pthread_key_create`) that are stuck: they hold up no other thread.

use crate::play::{check, silent};

silent! {
    key_is_stuck_in_a_thread
    key_is_stuck_in_a_worker
    key_is_stuck_in_the_only_thread
    key_is_stuck_in_a_worker_at_shutdown
    key_is_stuck_in_the_thread_of_evictions_at_shutdown
    shutdown_waits_for_the_destructors_of_keys
}
