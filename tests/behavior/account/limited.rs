//! Observers that get reports at a limited rate.

use crate::play::{check, check_reports, play, silent};

silent! {
    limited_observer_is_told_when_the_time_is_over
    limited_observer_that_is_stuck_holds_up_no_launch
}

#[test]
fn a_limited_observer_gets_its_share_of_each_function_and_kind_and_is_told_of_the_rest() {
    let played = play("limited_observer_gets_its_share_and_what_was_left_out");
    assert_eq!((played.code, &*played.stderr), (Some(0), ""), "{played:?}");
    let mut lines: Vec<_> = played.stdout.lines().collect();
    let refused = "refused was refused: the function's limit of launches in flight is reached (see `max_in_flight`)";
    let panicked = "panics panicked: without a word from the hook";
    let passed = [
        "fails failed: number 0",
        "fails failed: number 1",
        panicked,
        panicked,
        refused,
        refused,
        "chosen failed: number 0",
        "chosen failed: number 0",
        "shutdown",
    ];
    assert_eq!(lines[..passed.len()], passed);
    // In no order.
    let left_out = &mut lines[passed.len()..];
    left_out.sort_unstable();
    let expected = [
        "chosen 1 more report left out",
        "end",
        "fails 3 more reports left out",
        "panics 1 more report left out",
        "refused 1 more report left out",
    ];
    assert_eq!(left_out, expected);
}

#[test]
fn what_a_limited_observer_was_not_told_is_said_at_an_exit_without_a_shutdown() {
    check(
        "limited_observer_at_an_exit_without_a_shutdown",
        "fails failed: number 0\n",
        "fire-and-forget: 4 more reports left out\n",
    );
}

#[test]
fn a_limited_observer_that_panics_at_what_was_left_out_harms_nobody() {
    check_reports(
        "limited_observer_that_panics_at_what_was_left_out",
        "fails failed: number 0\n",
        &[(
            "`fails` (tests/scenario/account/limited.rs:",
            "): 4 more reports left out; the observer panicked: fussy",
        )],
    );
}

#[test]
fn a_limited_observer_may_launch_and_does_not_call_itself() {
    check_reports(
        "limited_observer_that_launches",
        "fails failed: number 0\nfails 1 more report left out\n",
        &[
            ("`fails` (", ") failed: number 7; launched at "),
            (
                "`fails` (",
                ") was refused: the process is shutting down; launched at ",
            ),
        ],
    );
}

#[test]
fn an_observer_with_the_default_may_be_limited() {
    check_reports(
        "limited_observer_with_the_default",
        "",
        &[
            ("`fails` (", ") failed: number 0; launched at "),
            ("`fails` (", "): 4 more reports left out"),
        ],
    );
}
