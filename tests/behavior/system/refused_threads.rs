//! The system refuses threads: launches wait, and run later or are reported.

use std::process::Command;

use crate::play::{SCENARIO, check_lines, end, piped};

/// Plays a scenario that succeeds where there is room for a few large stacks only. Compares what it prints, but for what
/// is said where a tokio runtime is refused; returns how often that was.
#[track_caller]
fn check_with_little_memory(name: &str, stdout: &str, stderr: &[(&str, &str)]) -> usize {
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
    let (lines, others): (Vec<_>, Vec<_>) = played
        .stderr
        .lines()
        .partition(|line| line.starts_with("fire-and-forget: "));
    let (no_runtime, lines): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.contains(NO_RUNTIME));
    // Whether a pool asks for one more thread may depend on where its worker just is.
    let is_expected = |line: &&str| stderr.contains(&REFUSED) || !line.contains(REFUSED.0);
    let lines: Vec<_> = lines.into_iter().filter(is_expected).collect();
    check_lines(&lines.join("\n"), stderr);
    // Tokio panics where it is refused a thread, and the panic hook prints that.
    let is_ours = |line: &&str| {
        line.is_empty()
            || line.starts_with("thread '")
            || line.starts_with("note: ")
            || line.contains("OS can't spawn worker thread")
            || line.starts_with("no tokio runtime can be started: ")
    };
    assert!(others.iter().all(is_ours), "{played:?}");
    no_runtime.len()
}

const REFUSED: (&str, &str) = ("launches wait, because the system refuses a thread: ", "");

const NO_RUNTIME: &str = "launches wait, because no tokio runtime can be started: ";

const UNFINISHED: &str = "the deadline has passed; unfinished: `scenario::system::functions::on_pool` (1 in flight), \
                          `scenario::system::functions::on_pool_async` (1 in flight), \
                          `scenario::system::functions::on_thread` (1 in flight), \
                          `scenario::system::functions::on_threads` (1 in flight), \
                          `scenario::system::functions::on_tokio_worker` (1 in flight), \
                          `scenario::system::functions::on_tokio` (1 in flight)\n";

// Pitfall 5.
#[test]
fn launches_wait_while_the_system_refuses_threads() {
    let told = check_with_little_memory(
        "launches_run_when_threads_are_no_longer_refused",
        UNFINISHED,
        &[REFUSED],
    );
    // Once a second, however often the other backends ask for their threads.
    assert!((1..=3).contains(&told), "told {told} times");
    check_with_little_memory(
        "launches_run_when_the_first_thread_is_no_longer_refused",
        UNFINISHED,
        &[REFUSED],
    );
}

// Pitfall 22.
#[test]
fn a_lone_launch_runs_when_threads_are_no_longer_refused() {
    check_with_little_memory("a_lone_launch_runs_though_nobody_waits", "", &[REFUSED]);
}

// Pitfall 22.
#[test]
fn a_lone_launch_runs_in_its_caller_where_no_thread_can_be_had() {
    check_with_little_memory(
        "a_lone_launch_runs_where_no_thread_can_be_had",
        "",
        &[REFUSED],
    );
}

// Pitfalls 5 and 6.
#[test]
fn launches_whose_threads_are_refused_to_the_end_are_reported() {
    let lost = ("`scenario::system::functions::on_", "was lost: ");
    check_with_little_memory(
        "launches_whose_threads_are_refused_to_the_end_are_lost",
        UNFINISHED,
        &[REFUSED, lost, lost, lost, lost, lost, lost],
    );
}

// Pitfalls 5 and 6.
#[test]
fn launches_are_lost_and_reported_where_there_is_no_thread_at_all() {
    let lost = ("`scenario::system::functions::on_", "was lost: ");
    for name in [
        "launches_are_lost_without_the_first_thread",
        "launches_are_lost_without_the_first_thread_where_nobody_blocks",
    ] {
        check_with_little_memory(
            name,
            UNFINISHED,
            &[REFUSED, lost, lost, lost, lost, lost, lost],
        );
    }
}

#[test]
fn evicted_launches_are_lost_and_reported_when_threads_are_no_longer_refused() {
    let lost = (
        "`scenario::system::refused_threads::on_latest` (",
        "was lost: ",
    );
    check_with_little_memory(
        "evicted_launches_wait_without_the_first_thread",
        "",
        &[REFUSED, lost, lost, lost],
    );
}

#[test]
fn waits_end_where_there_is_no_thread_to_complete_them() {
    check_with_little_memory("quiet_is_noticed_without_the_first_thread", "", &[REFUSED]);
}

#[test]
fn a_shutdown_that_nobody_waits_for_ends_when_threads_are_no_longer_refused() {
    check_with_little_memory("a_shutdown_that_nobody_waits_for_ends", "", &[REFUSED]);
}

/// Plays scenarios in which the system refuses single threads, side by side. They have to succeed.
#[cfg(target_env = "gnu")]
#[track_caller]
fn check_refusing(scenarios: &[(&str, usize)]) {
    let played: Vec<_> = scenarios
        .iter()
        .map(|(name, number)| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_refusing"));
            command.args([*name, &number.to_string()]);
            let mut command = piped(command);
            // As many threads as the scenarios count on.
            command.env("FIRE_AND_FORGET_POOL_THREADS", "4");
            command.env("TOKIO_WORKER_THREADS", "2");
            (name, number, command.spawn().unwrap())
        })
        .collect();
    for (name, number, child) in played {
        let played = end(name, child, String::new());
        assert_eq!(played.code, Some(0), "{name} {number}: {played:?}");
    }
}

// Those of the runtime are among them.
#[cfg(target_env = "gnu")]
#[test]
fn one_refused_thread_stops_nothing_whichever_it_is() {
    let scenarios: Vec<_> = (0..16).map(|number| ("one", number)).collect();
    check_refusing(&scenarios);
}

#[cfg(target_env = "gnu")]
#[test]
fn a_lone_task_runs_when_threads_are_no_longer_refused() {
    check_refusing(&[("later", 0), ("first", 0)]);
}

#[cfg(target_env = "gnu")]
#[test]
fn a_refused_runtime_keeps_no_descriptor() {
    check_refusing(&[("descriptors", 0)]);
}

#[cfg(target_env = "gnu")]
#[test]
fn a_body_waits_out_a_short_refusal_of_its_runtime() {
    check_refusing(&[("body", 0)]);
}

#[cfg(target_env = "gnu")]
#[test]
fn bodies_without_a_descriptor_for_their_runtime_end_and_tasks_wait() {
    check_refusing(&[("none", 0)]);
}

#[cfg(target_env = "gnu")]
#[test]
fn a_task_keeps_its_deadline_where_no_thread_can_be_had_for_that() {
    check_refusing(&[("deadline", 0)]);
}

#[test]
fn a_body_that_has_a_worker_and_no_runtime_panics() {
    check_with_little_memory(
        "a_body_whose_runtime_is_refused_panics",
        "",
        &[(
            "`scenario::system::functions::on_tokio_worker` (",
            "panicked: no tokio runtime can be started: ",
        )],
    );
}
