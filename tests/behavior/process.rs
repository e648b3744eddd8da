//! What needs a process of its own: each test runs one scenario of `scenario/` and says what it prints.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::gate::PATIENCE;

/// A scenario that has ended.
#[derive(Debug)]
struct Played {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn scenario(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
    command
        .arg(name)
        .env_remove("FIRE_AND_FORGET_POOL_THREADS")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn play(name: &str) -> Played {
    end(scenario(name).spawn().unwrap(), String::new())
}

/// Waits for the end of the process, and kills it if it hangs. `begun` is what has been read of its standard error.
fn end(mut child: Child, begun: String) -> Played {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (done, texts) = channel();
    let reading = thread::spawn(move || {
        let mut errors = begun;
        let errors = thread::spawn(move || {
            if let Some(mut stderr) = stderr {
                stderr.read_to_string(&mut errors).unwrap();
            }
            errors
        });
        let mut output = String::new();
        stdout.unwrap().read_to_string(&mut output).unwrap();
        let _ = done.send((output, errors.join().unwrap()));
    });
    let received = texts.recv_timeout(PATIENCE);
    if received.is_err() {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    reading.join().unwrap();
    let (stdout, stderr) = received.unwrap_or_else(|_| panic!("the scenario hangs"));
    Played {
        code,
        stdout,
        stderr,
    }
}

/// Plays a scenario that succeeds, and compares what it prints.
#[track_caller]
fn check(name: &str, stdout: &str, stderr: &str) {
    let played = play(name);
    assert_eq!(
        (played.code, &*played.stdout, &*played.stderr),
        (Some(0), stdout, stderr),
        "{name}"
    );
}

/// Scenarios that check themselves and print nothing.
macro_rules! silent {
    ($($(#[$attribute:meta])* $scenario:ident)*) => {
        $($(#[$attribute])* #[test] fn $scenario() { check(stringify!($scenario), "", ""); })*
    };
}

silent! {
    flush_keeps_accepting
    flush_waits_for_children_on_all_backends
    flush_without_launches
    flush_is_never_forgotten
    flush_that_is_awaited_is_never_forgotten
    flush_on_another_executor
    shutdown_drains
    shutdown_refuses_launches_from_outside
    shutdown_accepts_children_of_running_bodies
    shutdown_twice
    shutdown_joins_workers
    shutdown_inside_a_multi_thread_runtime
    shutdown_wakes_blocked_callers
    exit_when_quiet
    exit_after_shutdown
    pools_that_feed_each_other
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_pool
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_pool_that_evicts
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_runtime
    #[cfg(target_os = "linux")]
    waiting_threads_use_no_time
    #[cfg(target_os = "linux")]
    sparse_launches_are_cheap
}

const INSIDE: &str =
    "waiting inside a launched body would wait for that body: call it from outside";
const CURRENT_THREAD: &str = "blocking the thread of a current-thread tokio runtime would stop its tasks: \
                              use `.await` in place of `.wait()`";
const EXITS: &str =
    "fire-and-forget: the process exits without waiting for `shutdown`; unfinished:";

#[test]
fn flush_inside_a_body_fails_at_once() {
    let left =
        |function| format!("{INSIDE}; unfinished: `scenario::flush::{function}` (1 in flight)\n");
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
            "{CURRENT_THREAD}; unfinished: `scenario::flush::yields_often` (1 in flight)\nended: 1\n"
        ),
        "",
    );
}

#[test]
fn flush_names_what_is_left_at_its_deadline() {
    check(
        "flush_names_what_is_left",
        "the deadline has passed; unfinished: `scenario::flush::passes` (1 in flight)\nscenario::flush::passes\n",
        "",
    );
}

#[test]
fn what_is_unfinished_says_why_and_reads_well_where_main_returns_it() {
    check(
        "unfinished_says_why",
        "the deadline has passed; unfinished: `scenario::flush::passes` (1 in flight)\n",
        "",
    );
}

// Pitfalls 6 and 8.
#[test]
fn shutdown_keeps_its_deadline_with_a_stuck_body_and_names_it() {
    check(
        "shutdown_keeps_its_deadline",
        "the deadline has passed; unfinished: `scenario::shutdown::is_stuck` (1 in flight), \
         `scenario::shutdown::is_stuck_as_a_task` (1 in flight), \
         `scenario::shutdown::waits_behind` (5 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_abandons_what_waits_for_a_thread() {
    check(
        "shutdown_abandons_what_waits_for_a_thread",
        "the deadline has passed; unfinished: `scenario::shutdown::is_stuck_on_a_thread` (1 in flight), \
         `scenario::shutdown::waits_for_a_thread` (5 in flight)\n",
        "",
    );
}

#[test]
fn shutdown_inside_a_body_fails_and_does_not_act() {
    let left = |function| {
        format!("{INSIDE}; unfinished: `scenario::shutdown::{function}` (1 in flight)\n")
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
        check("shutdown_races_with_launches", "", "");
        check("deadline_races_with_launches", "", "");
    }
}

// Pitfall 7: also where nothing has been launched before.
#[test]
fn shutdown_without_launches_refuses_all_the_same() {
    let played = play("shutdown_without_launches");
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[(
            "`scenario::shutdown::on_pool` (",
            "was refused: the process is shutting down",
        )],
    );
}

#[test]
fn shutdown_goes_on_when_its_wait_is_dropped() {
    let played = play("shutdown_that_is_dropped");
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[(
            "`scenario::shutdown::on_pool` (",
            "was refused: the process is shutting down",
        )],
    );
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
        "fire-and-forget: the deadline has passed; unfinished: `scenario::shutdown::passes` (1 in flight)\n",
    );
}

// Pitfall 18.
#[test]
fn the_guard_of_main_does_not_block_a_current_thread_runtime() {
    let played = play("shutdown_on_drop_inside_a_current_thread_runtime");
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[
            (
                "`shutdown_on_drop` does not wait inside a current-thread tokio runtime, whose tasks would stop: \
                 end with `shutdown(timeout).await` instead",
                "; unfinished: `scenario::shutdown::begins_and_is_stuck` (1 in flight)",
            ),
            (
                "`scenario::shutdown::on_pool` (",
                "was refused: the process is shutting down",
            ),
            (
                "`scenario::shutdown::begins_and_is_stuck` (",
                "was lost: dropped while it was running",
            ),
        ],
    );
}

#[test]
fn a_process_that_exits_without_shutdown_names_what_is_unfinished() {
    check(
        "exit_with_unfinished_launches",
        "",
        &format!(
            "{EXITS} `scenario::exit::is_stuck` (2 in flight), `scenario::exit::is_stuck_as_a_task` (1 in flight)\n"
        ),
    );
    let line = format!("{EXITS} `scenario::exit::is_stuck` (1 in flight)\n");
    let played = play("exit_by_call_with_unfinished_launches");
    assert_eq!((played.code, played.stderr), (Some(3), line.clone()));
    let played = play("exit_by_panic_with_unfinished_launches");
    assert_eq!(played.code, Some(101));
    assert!(played.stderr.ends_with(&line), "{}", played.stderr);
    let played = play("exit_inside_a_runtime");
    assert_eq!(
        (played.code, played.stderr),
        (
            Some(3),
            format!("{EXITS} `scenario::exit::is_stuck_as_a_task` (1 in flight)\n")
        )
    );
}

#[test]
fn a_task_that_its_backend_hides_is_named_at_exit() {
    check(
        "exit_with_a_forgotten_task",
        "the deadline has passed; unfinished: `scenario::exit::is_kept_for_ever` (1 in flight)\n",
        &format!("{EXITS} `scenario::exit::is_kept_for_ever` (1 in flight)\n"),
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
    for entry in &entries[..entries.len() - 1] {
        assert_eq!(
            *entry,
            "`one of many functions that have all this long name and do not fit` (1 in flight)"
        );
    }
    assert!(
        (1900..=2048).contains(&played.stderr.len()),
        "{}",
        played.stderr.len()
    );
}

#[test]
fn nothing_is_said_at_exit_after_a_shutdown_that_was_late() {
    check(
        "exit_after_a_shutdown_that_was_late",
        "the deadline has passed; unfinished: `scenario::exit::is_stuck` (1 in flight)\n",
        "",
    );
}

/// Compares the lines of standard error by their beginnings, after our prefix, and their middles.
#[track_caller]
fn check_lines(stderr: &str, expected: &[(&str, &str)]) {
    assert_eq!(stderr.lines().count(), expected.len(), "{stderr}");
    for (line, (beginning, middle)) in stderr.lines().zip(expected) {
        let Some(text) = line.strip_prefix("fire-and-forget: ") else {
            panic!("not a line of ours: {line}");
        };
        assert!(text.starts_with(beginning), "{line}");
        assert!(text.contains(middle), "{line}");
    }
}

#[test]
fn the_default_observer_writes_a_line_for_each_report() {
    for name in [
        "default_observer_writes_one_line_each",
        "observer_with_the_default",
    ] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
        check_lines(
            &played.stderr,
            &[
                (
                    "`mail.welcome` (tests/scenario/observer.rs:",
                    ") failed: number 1; launched at tests/scenario/observer.rs:",
                ),
                (
                    "`mail.refused` (tests/scenario/observer.rs:",
                    ") was refused: the function's limit of launches in flight is reached (`max_in_flight` sets it); launched at ",
                ),
                (
                    "`mail.panics` (tests/scenario/observer.rs:",
                    ") panicked: without a word from the hook; launched at ",
                ),
            ],
        );
    }
}

/// How many reports of one function were written, and how many it says were left out.
fn written_and_left_out(stderr: &str) -> (u32, u32) {
    let (mut written, mut left_out) = (0, 0);
    for line in stderr
        .lines()
        .filter(|line| line.contains("`mail.welcome`"))
    {
        match line.strip_prefix("fire-and-forget: `mail.welcome`: ") {
            Some(text) => {
                let (number, rest) = text.split_once(' ').unwrap();
                assert!(rest.starts_with("more report"), "{line}");
                left_out += number.parse::<u32>().unwrap();
            }
            None => written += 1,
        }
    }
    (written, left_out)
}

#[test]
fn the_default_observer_limits_its_rate_and_says_what_it_left_out() {
    let played = play("default_observer_limits_its_rate");
    assert_eq!(played.code, Some(0), "{played:?}");
    let (written, left_out) = written_and_left_out(&played.stderr);
    assert_eq!(written + left_out, 1000, "{}", played.stderr);
    assert!((10..100).contains(&written), "{}", played.stderr);
    assert!(
        played.stderr.contains("`mail.refused` ("),
        "its share is its own"
    );
}

#[test]
fn what_was_left_out_is_said_when_the_second_is_over() {
    let name = "default_observer_says_what_it_left_out_when_the_second_is_over";
    let mut child = scenario(name).stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let (done, texts) = channel();
    thread::spawn(move || {
        let mut text = String::new();
        while {
            let (written, left_out) = written_and_left_out(&text);
            written + left_out < 1000
        } {
            if lines.read_line(&mut text).unwrap() == 0 {
                break;
            }
        }
        let _ = done.send((text, lines));
    });
    // The process is alive, and nothing happens in it but this.
    let Ok((text, _lines)) = texts.recv_timeout(PATIENCE) else {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("it does not say what was left out");
    };
    let (written, left_out) = written_and_left_out(&text);
    assert_eq!(written + left_out, 1000, "{text}");
    drop(stdin);
    let played = end(child, text);
    assert_eq!(played.code, Some(0), "{played:?}");
}

// Pitfall 4.
#[test]
fn an_observer_that_panics_harms_nobody() {
    let played = play("observer_that_panics");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), "3 1 1 1\n"),
        "{played:?}"
    );
    let panicked = ("the observer panicked: no disk", "");
    check_lines(
        &played.stderr,
        &[
            ("`mail.welcome` (", "failed: number 1"),
            panicked,
            ("`mail.panics` (", "panicked: without a word"),
            panicked,
            ("`mail.refused` (", "was refused"),
            panicked,
        ],
    );
}

#[test]
fn an_observer_may_launch_and_does_not_call_itself() {
    let played = play("observer_that_launches");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), "observed: failed: number 1\n"),
        "{played:?}"
    );
    check_lines(&played.stderr, &[("`mail.refused` (", "was refused")]);
}

#[test]
fn an_observer_is_set_once() {
    check(
        "observer_is_set_once",
        "already set\nfirst: was refused: the function's limit of launches in flight is reached (`max_in_flight` sets it)\n",
        "",
    );
}

#[test]
fn an_observer_may_be_a_closure() {
    check(
        "observer_that_is_a_closure",
        "seen: failed: number 1\nseen: was refused: the function's limit of launches in flight is reached (`max_in_flight` sets it)\n",
        "",
    );
}

fn play_with_pool_threads(value: &str) -> Played {
    let child = scenario("pool_threads_meet")
        .env("FIRE_AND_FORGET_POOL_THREADS", value)
        .spawn()
        .unwrap();
    end(child, String::new())
}

#[test]
fn the_variable_sizes_the_built_in_pool() {
    for value in ["3", " 3 "] {
        let played = play_with_pool_threads(value);
        assert_eq!(
            (played.code, &*played.stdout, &*played.stderr),
            (Some(0), "pool-0 pool-1 pool-2\n", "")
        );
    }
}

#[test]
fn a_bad_value_of_the_variable_is_reported_once_and_ignored() {
    for value in [
        "",
        "0",
        "-1",
        "many",
        "65537",
        "1e3",
        "99999999999999999999999",
    ] {
        let played = play_with_pool_threads(value);
        assert_eq!(played.code, Some(0), "{played:?}");
        assert!(
            played.stdout.starts_with("pool-0 pool-1 pool-2"),
            "{played:?}"
        );
        assert_eq!(
            played.stderr,
            format!(
                "fire-and-forget: FIRE_AND_FORGET_POOL_THREADS=`{value}` is ignored: it is not a number from 1 to 65536\n"
            )
        );
    }
}

#[cfg(unix)]
#[test]
fn a_value_of_the_variable_that_is_no_text_is_reported_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let child = scenario("pool_threads_meet")
        .env("FIRE_AND_FORGET_POOL_THREADS", OsStr::from_bytes(b"\xff4"))
        .spawn()
        .unwrap();
    let played = end(child, String::new());
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[("FIRE_AND_FORGET_POOL_THREADS=", "is ignored")],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn where_nothing_is_launched_no_thread_exists() {
    check("nothing_launched_no_thread", "1\n1\n", "");
}

// Pitfall 19.
#[cfg(target_os = "linux")]
#[test]
fn idle_threads_retire_and_use_no_time() {
    check(
        "idle_threads_retire_and_use_no_time",
        "fire-and-forget\n",
        "",
    );
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
fn the_runtime_that_was_given_is_used_where_there_is_none() {
    check(
        "handle_is_used_where_there_is_no_runtime",
        "already set\ngiven\ngiven\ncurrent\ncurrent\ngiven\ngiven\n",
        "",
    );
}

#[test]
fn a_runtime_may_be_given_after_the_first_launch() {
    check(
        "handle_comes_after_the_first_launch",
        "ff-tokio\ngiven\n",
        "",
    );
}

#[test]
fn a_launch_on_a_given_runtime_that_is_gone_is_lost_and_reported() {
    let played = play("handle_of_a_runtime_that_is_gone");
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[(
            "`scenario::runtime::says_where` (",
            "was lost: dropped before it began",
        )],
    );
}

// Pitfall 18.
#[test]
fn the_crates_own_runtime_ends_while_another_one_is_current() {
    check(
        "own_runtime_is_started_and_ended_inside_another",
        "ff-tokio outer\n",
        "",
    );
}

#[test]
fn destructors_of_thread_locals_may_launch() {
    for name in [
        "thread_local_destructor_launches",
        "thread_local_destructor_launches_in_a_worker",
    ] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
        let refused = if name.ends_with("_worker") { 2 } else { 1 };
        check_lines(
            &played.stderr,
            &vec![("`scenario::destructors::is_refused` (", "was refused"); refused],
        );
    }
    let played = play("thread_local_destructor_launches_at_exit");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), "the end of `main`\n"),
        "{played:?}"
    );
}

// Pitfall 14.
#[test]
fn destructors_of_evicted_and_abandoned_arguments_may_launch() {
    for name in ["evicted_argument_launches", "abandoned_argument_launches"] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
    }
}
