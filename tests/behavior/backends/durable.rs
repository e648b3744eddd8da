//! Durable launches without a store, or with one that is at fault.

use crate::play::{check, silent};

silent! {
    durable_launches_of_a_body_do_not_wait_for_room
    durable_launches_without_a_store_are_abandoned_by_a_shutdown
    durable_watcher_whose_waker_is_stuck_holds_up_no_shutdown
    durable_saver_that_panics_stops_no_shutdown
}
