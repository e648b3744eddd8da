//! Pools that feed each other, and one that feeds itself: no caller waits for ever.

use crate::play::{check, check_lines, play, silent};

silent! {
    pools_that_feed_each_other
    bodies_that_call_much
}

// Pitfall 12.
#[test]
fn block_inside_a_worker_runs_in_place() {
    check(
        "block_in_a_worker_runs_in_place",
        "in place\nouter\nqueued\n",
        "",
    );
}

#[test]
fn a_body_that_launches_its_successor_does_so_until_the_stack_would_not_reach() {
    let played = play("a_body_that_launches_its_successor");
    assert_eq!(played.code, Some(0), "{played:?}");
    let mut lines: Vec<_> = played.stderr.lines().collect();
    lines.sort_unstable();
    let reason = "was refused: too many bodies that run in their caller, or destructors that launch, are nested; launched at";
    check_lines(
        &lines.join("\n"),
        &[
            (
                "`scenario::liveness::feeding::blocks_for_its_successor` (",
                reason,
            ),
            (
                "`scenario::liveness::feeding::runs_its_successor` (",
                reason,
            ),
        ],
    );
}
