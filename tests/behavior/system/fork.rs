//! A forked process refuses launches, and does not wait for those of its parent.

use crate::play::{check, check_reports, play, silent};

silent! {
    fork_before_the_first_launch
    fork_inside_a_body
}

#[test]
fn a_fork_of_a_process_that_has_launched_refuses_and_reports() {
    check_refusals("fork_after_launches");
}

/// Plays a scenario in which the new process launches once on each backend.
pub(super) fn check_refusals(name: &str) {
    let functions = [
        "fork::on_built_in_pool",
        "functions::on_pool",
        "functions::on_pool_async",
        "functions::on_thread",
        "functions::on_threads",
        "functions::on_tokio_worker",
        "functions::on_tokio",
        "fork::or_block",
        "fork::or_run_here",
    ];
    let beginnings = functions.map(|function| format!("`scenario::system::{function}` ("));
    let reports = beginnings
        .each_ref()
        .map(|beginning| (beginning.as_str(), REFUSED));
    check_reports(name, "", &reports);
}

pub(super) const REFUSED: &str = "was refused: the process was forked after its parent had launched, and has no threads to run it; launched at ";

const UNFINISHED: &str = "this process was forked from the one in which the launches are in flight; \
                          unfinished: `scenario::system::fork::passes` (1 in flight)\n";

#[test]
fn a_fork_does_not_wait_for_what_is_in_flight_elsewhere_and_names_it() {
    check("fork_with_launches_in_flight", UNFINISHED, "");
    check(
        "fork_with_launches_in_flight_and_a_guard",
        "",
        &format!("fire-and-forget: {UNFINISHED}"),
    );
}

#[test]
fn a_fork_in_the_middle_of_everything_comes_to_its_end() {
    let played = play("fork_among_launching_threads");
    assert_eq!(played.code, Some(0), "{played:?}");
}

#[test]
fn a_fork_leaves_it_to_the_other_process_to_say_what_that_has_left_out() {
    let played = play("fork_with_reports_left_out");
    assert_eq!(played.code, Some(0), "{played:?}");
    let lines = played.stderr.lines();
    let left_out = lines.filter(|line| line.contains("left out")).count();
    assert_eq!(left_out, 1, "{}", played.stderr);
}
