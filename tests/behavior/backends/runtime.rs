//! The runtime given to the backend `"tokio"`, and the one that starts by itself.

use crate::play::{check, check_reports};

#[test]
fn the_runtime_that_was_given_is_used_where_there_is_none() {
    check(
        "handle_is_used_where_there_is_no_runtime",
        "already set\ngiven\ngiven\ncurrent\ncurrent\ngiven\ngiven\n",
        "",
    );
}

#[test]
fn a_runtime_may_be_given_after_the_first_launch() {
    check(
        "handle_comes_after_the_first_launch",
        "ff-tokio\ngiven\n",
        "",
    );
}

#[test]
fn a_launch_on_a_given_runtime_that_is_gone_is_lost_and_reported() {
    check_reports(
        "handle_of_a_runtime_that_is_gone",
        "",
        &[(
            "`scenario::backends::runtime::says_where` (",
            "was lost: dropped before it began",
        )],
    );
}

// Pitfall 18.
#[test]
fn the_crates_own_runtime_ends_while_another_one_is_current() {
    check(
        "own_runtime_is_started_and_ended_inside_another",
        "ff-tokio outer\n",
        "",
    );
}

#[test]
fn the_paused_clock_of_a_test_does_not_jump_over_a_wait_for_its_tasks() {
    check("paused_clock_does_not_jump_over_a_wait", "", "");
}
