//! `shutdown`: what is admitted, what the deadline leaves, and where it may be called.

use super::flush::{CURRENT_THREAD, INSIDE};
use crate::play::{check, check_reports, play, silent};

silent! {
    shutdown_drains
    shutdown_refuses_launches_from_outside
    shutdown_accepts_children_of_running_bodies
    shutdown_twice
    shutdown_whose_wakers_panic_when_they_are_dropped
    #[cfg(feature = "durable")] shutdown_whose_watchers_have_wakers_that_panic
    #[cfg(feature = "durable")] shutdown_whose_end_is_watched
    shutdown_joins_the_workers_of_a_pool
    shutdown_joins_threads_of_one_launch
    shutdown_joins_the_threads_of_its_own_runtime
    shutdown_joins_the_threads_of_its_own_runtime_if_a_fn_started_it
    shutdown_inside_a_multi_thread_runtime
    shutdown_wakes_blocked_callers
    shutdown_does_not_wait_longer_for_thread_locals
    shutdown_does_not_wait_longer_for_blocking_tasks
    shutdown_ends_a_flood_of_threads
}

// Pitfalls 6 and 8.
#[test]
fn shutdown_keeps_its_deadline_with_a_stuck_body_and_names_it() {
    check(
        "shutdown_keeps_its_deadline",
        "the deadline has passed; unfinished: `scenario::stop::shutdown::deadline::is_stuck` (1 in flight), \
         `scenario::stop::shutdown::deadline::is_stuck_as_a_task` (1 in flight), \
         `scenario::stop::shutdown::deadline::waits_behind` (5 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_abandons_each_launch_in_its_context() {
    check("shutdown_abandons_in_the_context", "", "");
}

#[test]
fn shutdown_abandons_what_waits_for_a_thread() {
    check(
        "shutdown_abandons_what_waits_for_a_thread",
        "the deadline has passed; unfinished: `scenario::stop::shutdown::deadline::is_stuck_on_a_thread` (1 in flight), \
         `scenario::stop::shutdown::deadline::waits_for_a_thread` (5 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_that_is_awaited_keeps_its_deadline_while_a_destructor_is_stuck() {
    check(
        "shutdown_that_is_awaited_keeps_its_deadline",
        "the deadline has passed; unfinished: `scenario::stop::shutdown::deadline::is_stuck` (1 in flight), \
         `scenario::stop::shutdown::deadline::waits_and_sticks` (1 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_whose_deadline_another_thread_keeps_is_ended_later() {
    check(
        "shutdown_whose_deadline_another_thread_keeps",
        "the deadline has passed; unfinished: `scenario::stop::shutdown::deadline::is_stuck` (1 in flight), \
         `scenario::stop::shutdown::deadline::waits_behind` (1 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_inside_a_body_fails_and_does_not_act() {
    let left = |function| {
        format!(
            "{INSIDE}; unfinished: `scenario::stop::shutdown::places::{function}` (1 in flight)\n"
        )
    };
    check(
        "shutdown_inside_a_body",
        &["shuts_down", "shuts_down_in_a_task"].map(left).concat(),
        "",
    );
}

#[test]
fn shutdown_inside_a_current_thread_runtime_is_awaited() {
    check(
        "shutdown_inside_a_current_thread_runtime",
        &format!("{CURRENT_THREAD}\n"),
        "",
    );
}

// Pitfalls 6, 7 and 20.
#[test]
fn shutdown_among_launching_threads_accounts_for_every_launch() {
    for _ in 0..10 {
        check("shutdowns_and_flushes_race_with_a_burst", "", "");
        check("shutdown_races_with_launches", "", "");
        check("deadline_races_with_launches", "", "");
    }
}

const ON_POOL_IS_REFUSED: (&str, &str) = (
    "`scenario::stop::shutdown::bodies::on_pool` (",
    "was refused: the process is shutting down",
);

// Pitfall 7: also where nothing has been launched before.
#[test]
fn shutdown_without_launches_refuses_all_the_same() {
    check_reports("shutdown_without_launches", "", &[ON_POOL_IS_REFUSED]);
}

#[test]
fn shutdown_goes_on_when_its_wait_is_dropped() {
    check_reports("shutdown_that_is_dropped", "", &[ON_POOL_IS_REFUSED]);
}

#[test]
fn the_guard_of_main_waits() {
    check("shutdown_on_drop_in_time", "the body ran\n", "");
    check(
        "shutdown_on_drop_inside_a_current_thread_runtime_at_quiet",
        "the body ran\n",
        "",
    );
    check(
        "shutdown_on_drop_too_late",
        "",
        "fire-and-forget: the deadline has passed; unfinished: `scenario::stop::shutdown::bodies::passes` (1 in flight)\n",
    );
}

#[test]
fn the_guard_of_main_waits_while_main_panics() {
    let played = play("shutdown_on_drop_while_main_panics");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(101), "the body ran\n"),
        "{played:?}"
    );
    assert!(!played.stderr.contains("fire-and-forget: "), "{played:?}");
}

#[test]
fn a_guard_that_is_dropped_inside_a_body_says_that_it_does_not_wait() {
    check(
        "shutdown_on_drop_inside_a_body",
        "the body ran\n",
        &format!(
            "fire-and-forget: {INSIDE}; unfinished: `scenario::stop::shutdown::guard::drops_a_guard` (1 in flight)\n"
        ),
    );
}

// Pitfall 18.
#[test]
fn the_guard_of_main_does_not_block_a_current_thread_runtime() {
    check_reports(
        "shutdown_on_drop_inside_a_current_thread_runtime",
        "",
        &[
            (
                "`shutdown_on_drop` cannot wait inside a current-thread tokio runtime, whose tasks would stop: \
                 use `shutdown(timeout).await` instead",
                "; unfinished: `scenario::stop::shutdown::guard::begins_and_is_stuck` (1 in flight)",
            ),
            (
                "`scenario::stop::shutdown::guard::on_pool` (",
                "was refused: the process is shutting down",
            ),
            (
                "`scenario::stop::shutdown::guard::begins_and_is_stuck` (",
                "was lost: dropped while it was running",
            ),
        ],
    );
}
