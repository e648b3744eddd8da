//! The system refuses threads: launches wait, and run later or are reported.

use std::process::Command;

use super::play::{SCENARIO, check_lines, end, piped};

/// Plays a scenario that succeeds where there is room for a few large stacks only. Compares what it prints.
#[track_caller]
fn check_with_little_memory(name: &str, stdout: &str, stderr: &[(&str, &str)]) {
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            r#"ulimit -v 4000000 && exec "$0" "$1""#,
            SCENARIO,
            name,
        ])
        .env("RUST_MIN_STACK", (64 << 20).to_string());
    let played = end(name, piped(command).spawn().unwrap(), String::new());
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), stdout),
        "{name}: {played:?}"
    );
    check_lines(&played.stderr, stderr);
}

const UNFINISHED: &str = "the deadline has passed; unfinished: `scenario::refused_threads::on_pool` (1 in flight), \
                          `scenario::refused_threads::on_pool_async` (1 in flight), \
                          `scenario::refused_threads::on_thread` (1 in flight)\n";

// Pitfall 5.
#[test]
fn launches_wait_while_the_system_refuses_threads() {
    check_with_little_memory(
        "launches_run_when_threads_are_no_longer_refused",
        UNFINISHED,
        &[],
    );
    check_with_little_memory(
        "launches_run_when_the_first_thread_is_no_longer_refused",
        UNFINISHED,
        &[("launches wait, because the system refuses a thread: ", "")],
    );
}

// Pitfalls 5 and 6.
#[test]
fn launches_whose_threads_are_refused_to_the_end_are_reported() {
    check_with_little_memory(
        "launches_whose_threads_are_refused_to_the_end_are_lost",
        UNFINISHED,
        &["on_pool", "on_pool_async", "on_thread"]
            .map(|_| ("`scenario::refused_threads::on_", "was lost: ")),
    );
}
