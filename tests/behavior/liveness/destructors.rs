//! Launches and waits from destructors: of thread-locals, of arguments that are evicted, abandoned, refused or dropped
//! by a runtime.

use crate::play::{check, check_reports, play, silent};

silent! {
    a_body_runs_in_its_caller_where_tokio_is_gone
    an_observer_does_not_wait_for_the_launch_it_sees
    thread_local_destructor_does_not_wait_for_its_own_end
    thread_local_destructor_waits_for_a_launch
    evicted_arguments_that_take_long
    evicted_arguments_that_evict_while_one_is_stuck
}

#[test]
fn destructors_that_would_wait_for_their_own_launch_are_told_so() {
    check_reports(
        "destructors_do_not_wait_for_their_own_launch",
        "",
        &[
            (
                "`scenario::liveness::destructors::waits::is_refused_with` (",
                "was refused",
            ),
            (
                "`scenario::liveness::destructors::waits::is_forgotten` (",
                "was lost",
            ),
            (
                "`scenario::liveness::destructors::waits::is_evicted` (",
                "was lost",
            ),
            (
                "`scenario::liveness::destructors::waits::is_dropped_by_its_runtime` (",
                "was lost",
            ),
        ],
    );
}

#[test]
fn destructors_of_thread_locals_may_launch() {
    let refused = (
        "`scenario::liveness::destructors::launches::is_refused` (",
        "was refused",
    );
    check_reports("thread_local_destructor_launches", "", &[refused]);
    check_reports(
        "thread_local_destructor_launches_in_a_worker",
        "",
        &[refused; 2],
    );
    let played = play("thread_local_destructor_launches_at_exit");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), "the end of `main`\n"),
        "{played:?}"
    );
    // What comes after it may be unfinished, and then it is named.
    for line in played.stderr.lines() {
        let text = line.strip_prefix("fire-and-forget: ").unwrap_or_default();
        let is_known = text
            .starts_with("`scenario::liveness::destructors::launches::is_refused` (")
            || text.starts_with("the process exits without waiting for `shutdown`; unfinished: ");
        assert!(is_known, "{played:?}");
    }
}

// Pitfall 24.
#[test]
fn destructors_that_launch_one_another_for_ever_come_to_an_end() {
    for name in [
        "refused_arguments_that_launch_themselves_again",
        "refused_tasks_that_launch_themselves_again",
        "dropped_arguments_that_launch_themselves_again",
        "refused_arguments_that_launch_each_other",
        "futures_dropped_by_an_executor_that_launch_themselves_again",
        "futures_dropped_by_a_runtime_that_launch_themselves_again",
        "large_arguments_that_launch_themselves_again",
    ] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
        // Said once; the others are reports.
        let leaks = played
            .stderr
            .matches("are leaked: their destructors launch")
            .count();
        assert_eq!(leaks, 1, "{played:?}");
    }
}

// Pitfall 24: what a caller gets back is not leaked by us.
#[test]
fn a_future_that_is_too_deep_for_its_executor_is_given_back() {
    let played = play("futures_given_back_by_an_executor_that_launch_themselves_again");
    assert_eq!(played.code, Some(0), "{played:?}");
}

// Pitfall 14.
#[test]
fn destructors_of_evicted_and_abandoned_arguments_may_launch() {
    for name in ["evicted_argument_launches", "abandoned_argument_launches"] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
    }
}
