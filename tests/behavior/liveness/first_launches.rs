//! The first launches of a process, all at once.

use crate::play::check;

// Pitfall 13.
#[test]
fn no_first_launch_is_left_in_its_queue() {
    for _ in 0..200 {
        check("first_launches_come_at_once", "", "");
    }
}

#[test]
fn many_functions_that_several_threads_launch_first_are_listed_once() {
    for _ in 0..20 {
        check("first_launches_of_many_functions_are_listed_once", "", "");
    }
}

#[test]
fn a_backend_may_launch_where_it_is_asked_for_its_name() {
    check("first_launches_by_the_name_of_their_backend", "", "");
}
