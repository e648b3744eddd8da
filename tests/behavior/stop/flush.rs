//! `flush` waits for all backends, and fails at once where it would wait for itself.

use crate::play::{check, silent};

silent! {
    flush_keeps_accepting
    flush_waits_for_children_on_all_backends
    flush_without_launches
    flush_is_never_forgotten
    flush_that_is_awaited_is_never_forgotten
    flush_on_another_executor
    flush_in_a_task_on_the_worker_that_launched
    flush_whose_waker_panics
    flush_whose_waker_polls
    flush_keeps_one_waker_of_each_wait
    flush_whose_waker_launches_what_is_refused
    flush_whose_deadline_another_thread_keeps
}

pub(super) const INSIDE: &str =
    "a wait inside a launched body would wait for itself: wait outside of launched bodies";
pub(super) const CURRENT_THREAD: &str = "blocking the thread of a current-thread tokio runtime would stop its tasks: \
                              use `.await` in place of `.wait()`";

#[test]
fn flush_inside_a_body_fails_at_once() {
    let left = |function| {
        format!("{INSIDE}; unfinished: `scenario::stop::flush::{function}` (1 in flight)\n")
    };
    check(
        "flush_inside_a_body",
        &["flushes_and_waits", "flushes_and_awaits", "takes_a_wait"]
            .map(left)
            .concat(),
        "",
    );
}

#[test]
fn flush_on_a_current_thread_runtime_is_awaited() {
    check(
        "flush_on_a_current_thread_runtime",
        &format!(
            "{CURRENT_THREAD}; unfinished: `scenario::stop::flush::yields_often` (1 in flight)\nended: 1\n"
        ),
        "",
    );
}

#[test]
fn what_is_unfinished_says_why_and_reads_well_where_main_returns_it() {
    check(
        "unfinished_says_why",
        "the deadline has passed; unfinished: `scenario::stop::flush::passes` (1 in flight)\n",
        "",
    );
}

#[test]
fn flush_names_what_is_left_at_its_deadline() {
    check(
        "flush_names_what_is_left",
        "the deadline has passed; unfinished: `scenario::stop::flush::passes` (1 in flight)\nscenario::stop::flush::passes\n",
        "",
    );
}
