//! The line of a process that exits with launches unfinished, and silence otherwise.

use std::collections::HashSet;

#[cfg(target_os = "linux")]
use crate::play::{SCENARIO, piped};
use crate::play::{check, check_reports, end, play, scenario, silent};

silent! {
    exit_when_quiet
    exit_after_shutdown
    #[cfg(target_os = "linux")]
    exit_while_nobody_reads_standard_error
}

#[cfg(unix)]
#[test]
fn what_is_launched_after_the_line_is_refused_and_reported() {
    check_reports(
        "exit_with_a_handler_that_launches_last",
        "",
        &[(
            "`scenario::stop::exit::has_ended` (",
            "was refused: the process is shutting down; launched at ",
        )],
    );
}

const EXITS: &str =
    "fire-and-forget: the process exits without waiting for `shutdown`; unfinished:";
const EXITS_BEFORE: &str =
    "fire-and-forget: the process exits before its shutdown has ended; unfinished:";

#[test]
fn a_process_that_exits_without_shutdown_names_what_is_unfinished() {
    check(
        "exit_with_unfinished_launches",
        "",
        &format!(
            "{EXITS} `scenario::stop::exit::is_stuck` (2 in flight), `scenario::stop::exit::is_stuck_as_a_task` (1 in flight)\n"
        ),
    );
    let line = format!("{EXITS} `scenario::stop::exit::is_stuck` (1 in flight)\n");
    let played = play("exit_by_call_with_unfinished_launches");
    assert_eq!((played.code, played.stderr), (Some(3), line.clone()));
    let played = play("exit_by_panic_with_unfinished_launches");
    assert_eq!(played.code, Some(101));
    assert!(played.stderr.ends_with(&line), "{}", played.stderr);
    let line = format!("{EXITS} `scenario::stop::exit::is_stuck_as_a_task` (1 in flight)\n");
    for name in [
        "exit_inside_a_multi_thread_runtime",
        "exit_inside_a_current_thread_runtime",
    ] {
        let played = play(name);
        assert_eq!(
            (played.code, played.stderr),
            (Some(3), line.clone()),
            "{name}"
        );
    }
}

#[test]
fn a_task_that_its_backend_hides_is_named_at_exit() {
    check(
        "exit_with_a_forgotten_task",
        "the deadline has passed; unfinished: `scenario::stop::exit::is_kept_for_ever` (1 in flight)\n",
        &format!("{EXITS} `scenario::stop::exit::is_kept_for_ever` (1 in flight)\n"),
    );
}

#[test]
fn a_line_at_exit_that_is_too_long_is_cut() {
    let played = play("exit_with_many_unfinished_functions");
    assert_eq!(played.code, Some(0));
    assert_eq!(played.stderr.lines().count(), 1, "{}", played.stderr);
    assert!(played.stderr.starts_with(EXITS), "{}", played.stderr);
    assert!(played.stderr.ends_with(", …\n"), "{}", played.stderr);
    let entries: Vec<_> = played.stderr[EXITS.len()..].trim().split(", ").collect();
    let mut places = HashSet::new();
    for entry in &entries[..entries.len() - 1] {
        let place = entry
            .strip_prefix("`one of many functions that have all this long name and do not fit` at ")
            .and_then(|rest| rest.strip_suffix(" (1 in flight)"));
        assert!(place.is_some_and(|place| places.insert(place)), "{entry}");
    }
    assert!(
        (1900..=2048).contains(&played.stderr.len()),
        "{}",
        played.stderr.len()
    );
}

#[test]
fn reports_that_were_left_out_after_the_shutdown_are_counted_at_exit() {
    let played = play("exit_after_many_refusals");
    assert_eq!(played.code, Some(0), "{played:?}");
    let (mut written, mut left_out) = (0, 0);
    for line in played.stderr.lines() {
        match line.split_once(" more reports left out") {
            Some((start, _)) => {
                left_out += start.rsplit(' ').next().unwrap().parse::<u32>().unwrap();
            }
            None => written += 1,
        }
    }
    assert_eq!(written + left_out, 25, "{}", played.stderr);
}

#[test]
fn nothing_is_said_at_exit_after_a_shutdown_that_was_late() {
    check(
        "exit_after_a_shutdown_that_was_late",
        "the deadline has passed; unfinished: `scenario::stop::exit::is_stuck` (1 in flight)\n",
        "",
    );
}

#[test]
fn a_body_that_exits_is_named_with_the_rest() {
    for (name, function) in [
        ("exit_inside_a_body", "exits"),
        ("exit_inside_a_task", "exits_in_a_task"),
    ] {
        let played = play(name);
        assert_eq!(
            (played.code, played.stderr),
            (
                Some(3),
                format!(
                    "{EXITS} `scenario::stop::exit::is_stuck` (1 in flight), `scenario::stop::exit::{function}` (1 in flight)\n"
                )
            ),
            "{name}"
        );
    }
}

#[test]
fn a_process_that_exits_while_threads_launch_comes_to_its_end() {
    for (name, code) in [
        ("exit_by_another_thread_among_launching_threads", 3),
        ("exit_among_launching_threads", 0),
    ] {
        for _ in 0..10 {
            let played = play(name);
            assert_eq!(played.code, Some(code), "{name}: {played:?}");
            for line in played.stderr.lines() {
                assert!(line.starts_with(EXITS), "{name}: {line}");
            }
            assert!(played.stderr.lines().count() <= 1, "{name}: {played:?}");
        }
    }
}

#[test]
fn a_process_that_does_not_wait_for_its_shutdown_names_what_is_unfinished() {
    check(
        "exit_while_a_shutdown_waits",
        "",
        &format!("{EXITS_BEFORE} `scenario::stop::exit::is_stuck` (1 in flight)\n"),
    );
}

#[test]
fn a_process_that_exits_while_launches_are_abandoned_names_them() {
    let left = "`scenario::stop::exit::occupies` (1 in flight), `scenario::stop::exit::waits_and_sticks` (3 in flight)\n";
    check(
        "exit_while_a_shutdown_abandons",
        &format!("the deadline has passed; unfinished: {left}"),
        &format!("{EXITS_BEFORE} {left}"),
    );
}

#[test]
fn a_name_of_two_lines_is_one_at_exit() {
    check(
        "exit_with_a_name_of_two_lines",
        "",
        &format!("{EXITS} `two\\nlines` (1 in flight)\n"),
    );
}

#[test]
fn two_functions_of_one_name_are_told_apart_at_exit() {
    let played = play("exit_with_two_functions_of_one_name");
    let places: Vec<_> = played.stdout.lines().collect();
    let [one, another, _] = places[..] else {
        panic!("{played:?}");
    };
    assert_eq!(
        played.stderr,
        format!(
            "{EXITS} `never ends` at {one} (1 in flight), `never ends` at {another} (1 in flight), \
             `scenario::stop::exit::Stuck::in_a_method` (1 in flight)\n"
        )
    );
}

#[test]
fn a_process_exits_whoever_has_the_lock_of_standard_error() {
    let name = "exit_while_standard_error_is_locked";
    check(
        name,
        "",
        &format!("{EXITS} `scenario::stop::exit::is_stuck` (1 in flight)\n"),
    );
    // A pipe that nobody reads any more.
    let mut child = scenario(name).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(end(name, child, String::new()).code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_has_no_descriptor_left_names_what_is_unfinished() {
    let play = |name| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", r#"ulimit -n 64 && exec "$0" "$1""#, SCENARIO, name]);
        end(name, piped(command).spawn().unwrap(), String::new())
    };
    let played = play("exit_without_a_descriptor");
    let line = format!("{EXITS} `scenario::stop::exit::is_stuck` (1 in flight)\n");
    assert_eq!((played.code, played.stderr), (Some(0), line));
    // Unless it would have to wait for that.
    let played = play("exit_without_a_descriptor_while_standard_error_is_locked");
    assert_eq!((played.code, &*played.stderr), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn a_process_that_is_cut_off_says_nothing() {
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;
    for (name, signal) in [
        ("abort_with_unfinished_launches", SIGABRT),
        ("abort_inside_a_body", SIGABRT),
        ("abort_inside_a_task", SIGABRT),
        ("terminated_with_unfinished_launches", SIGTERM),
        ("killed_with_unfinished_launches", SIGKILL),
    ] {
        let played = play(name);
        assert_eq!(
            (played.signal, &*played.stdout, &*played.stderr),
            (Some(signal), "", ""),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_process_that_handles_its_termination_finishes_what_is_in_flight() {
    check("terminated_with_a_handler", "", "");
}
