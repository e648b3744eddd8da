//! Daemons: who waits for them, how they are told, and how they end.

use crate::play::{check, check_reports, play, silent};

silent! {
    flush_does_not_wait_for_daemons
    shutdown_tells_daemons_and_waits_until_they_have_ended
    shutdown_on_drop_tells_daemons
    shutdown_from_a_current_thread_runtime_tells_its_daemons
    shutdown_on_drop_does_not_wait_for_daemons_of_its_own_thread
    daemons_that_wait_for_a_thread_do_not_hold_up_a_flush
    what_a_daemon_launches_in_the_end_is_waited_for
    a_daemon_whose_runtime_ends_after_a_shutdown_began_is_ok
    a_daemon_that_has_not_begun_does_not_begin_in_a_shutdown
    a_daemon_that_is_launched_in_a_shutdown_does_not_begin
    stopping_is_ready_outside_of_bodies
    stopping_is_ready_in_any_body
    stopping_that_is_dropped_leaves_no_waker_behind
    stopping_wakes_the_last_waker_alone
    stopping_whose_waker_panics
    stopping_whose_waker_is_stuck_keeps_no_caller
}

const GO_ON: &str = "the shutdown has ended; daemons that still run: ";

#[test]
fn shutdown_does_not_wait_for_a_daemon_that_never_looks() {
    check(
        "shutdown_does_not_wait_for_a_daemon_that_never_looks",
        "",
        &format!("fire-and-forget: {GO_ON}`scenario::stop::daemons::bodies::is_deaf` (1)\n"),
    );
}

#[test]
fn shutdown_gives_up_on_a_daemon_at_its_deadline_without_an_error() {
    check(
        "shutdown_gives_up_on_a_daemon_at_its_deadline",
        "",
        &format!(
            "fire-and-forget: {GO_ON}`scenario::stop::daemons::bodies::goes_on_all_the_same` (1)\n"
        ),
    );
}

#[test]
fn shutdown_names_daemons_apart_from_what_is_unfinished() {
    check(
        "shutdown_names_daemons_apart_from_what_is_unfinished",
        "the deadline has passed; unfinished: `scenario::stop::daemons::shutdown::is_stuck` (1 in flight)\n",
        &format!("fire-and-forget: {GO_ON}`scenario::stop::daemons::bodies::is_deaf` (1)\n"),
    );
}

#[test]
fn daemons_are_not_unfinished_at_exit() {
    check("daemons_are_not_unfinished_at_exit", "9\n", "");
}

#[test]
fn what_a_deaf_daemon_launches_in_the_end_is_refused() {
    check_reports(
        "what_a_deaf_daemon_launches_in_the_end_is_refused",
        "",
        &[
            (
                "`scenario::stop::daemons::bodies::job` (",
                "was refused: the process is shutting down",
            ),
            (GO_ON, "`scenario::stop::daemons::shutdown::accepts` (1)"),
        ],
    );
}

#[test]
fn a_daemon_whose_runtime_ends_before_a_shutdown_has_failed() {
    check_reports(
        "a_daemon_whose_runtime_ends_before_a_shutdown_has_failed",
        "",
        &[(
            "`scenario::stop::daemons::ends::goes_on` (",
            "was dropped with its runtime, though it is a daemon",
        )],
    );
}

#[test]
fn a_daemon_that_fails_in_a_shutdown_has_failed() {
    let failed = "failed: could not say good-bye";
    check_reports(
        "a_daemon_that_fails_in_a_shutdown_has_failed",
        "",
        &[
            ("`scenario::stop::daemons::ends::fails_at_last", failed),
            ("`scenario::stop::daemons::ends::fails_at_last", failed),
        ],
    );
}

#[test]
fn a_daemon_whose_destructor_panics_in_a_shutdown_has_panicked() {
    let panicked = "panicked: deliberate";
    check_reports(
        "a_daemon_whose_destructor_panics_in_a_shutdown_has_panicked",
        "",
        &[
            ("`scenario::stop::daemons::ends::panics_at_last", panicked),
            ("`scenario::stop::daemons::ends::panics_at_last", panicked),
        ],
    );
}

/// Each end of each start is reported, with the line of the first launch.
#[test]
fn daemons_come_back_after_a_failure() {
    let played = play("daemons_come_back_after_a_failure");
    assert_eq!((played.code, &*played.stdout), (Some(0), ""), "{played:?}");
    let count = |what: &str| {
        played
            .stderr
            .lines()
            .filter(|line| line.contains(what))
            .count()
    };
    assert_eq!(played.stderr.lines().count(), 15, "{played:?}");
    assert_eq!(count("failed: no route; launched at "), 8, "{played:?}");
    assert_eq!(count("panicked: deliberate; launched at "), 4, "{played:?}");
    assert_eq!(count("returned, though it is a daemon"), 3, "{played:?}");
    let mut lines: Vec<_> = played
        .stderr
        .lines()
        .filter(|line| line.contains("fails_on_a_thread"))
        .collect();
    assert_eq!(lines.len(), 2, "{played:?}");
    lines.dedup();
    assert_eq!(lines.len(), 1, "{played:?}");
}

#[test]
fn a_daemon_whose_pause_goes_on_is_dropped_by_a_shutdown() {
    check_reports(
        "a_daemon_whose_pause_goes_on_is_dropped_by_a_shutdown",
        "",
        &[(
            "`scenario::stop::daemons::restarts::fails_and_waits` (",
            "failed: no route",
        )],
    );
}

#[test]
fn a_task_comes_back_on_its_runtime_and_not_without_it() {
    let name = "`scenario::stop::daemons::restarts::says_where` (";
    check_reports(
        "a_task_comes_back_on_its_runtime_and_not_without_it",
        "",
        &[
            (name, "failed: no route"),
            (name, "failed: no route"),
            (name, "was lost: dropped before it began"),
        ],
    );
}
