//! The default observer and its rate limit; observers that panic or launch.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::thread;

use waiting::PATIENCE;

use crate::play::{check, check_lines, check_reports, end, play, scenario};

#[test]
fn the_default_observer_writes_a_line_for_each_report() {
    for name in [
        "default_observer_writes_one_line_each",
        "observer_with_the_default",
    ] {
        check_reports(
            name,
            "",
            &[
                (
                    "`mail.welcome` (tests/scenario/account/observer.rs:",
                    ") failed: number 1; launched at tests/scenario/account/observer.rs:",
                ),
                (
                    "`mail.refused` (tests/scenario/account/observer.rs:",
                    ") was refused: the function's limit of launches in flight is reached (see `max_in_flight`); launched at ",
                ),
                (
                    "`mail.panics` (tests/scenario/account/observer.rs:",
                    ") panicked: without a word from the hook; launched at ",
                ),
            ],
        );
    }
}

#[test]
fn what_an_observer_launched_is_not_reported_to_it() {
    let played = play("observer_whose_launches_fail");
    assert_eq!(played.code, Some(0), "{played:?}");
    // All that failed but the first, which the observer has seen.
    assert_eq!(played.stderr.matches(" failed: ").count(), 7, "{played:?}");
    assert_eq!(
        played.stderr.matches(" was refused: ").count(),
        1,
        "{played:?}"
    );
}

#[test]
fn the_default_observer_writes_one_line_of_an_error_with_many() {
    check_reports(
        "default_observer_writes_one_line_of_many",
        "",
        &[(
            "`mail.answers` (",
            r") failed: no\nfire-and-forget: `mail.welcome` panicked\u{1b}[2J; launched at ",
        )],
    );
}

// What else writes to standard error, the panic hook for example, does not tear it.
#[cfg(unix)]
#[test]
fn the_default_observer_writes_each_line_in_one_piece() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    // Of a datagram socket, what is read is what was written at once.
    let (writes, stderr) = UnixDatagram::pair().unwrap();
    let name = "default_observer_writes_one_line_each";
    let child = scenario(name).stderr(OwnedFd::from(stderr)).spawn();
    let played = end(name, child.unwrap(), String::new());
    assert_eq!(played.code, Some(0), "{played:?}");
    writes.set_nonblocking(true).unwrap();
    let mut buffer = [0; 1024];
    for function in ["mail.welcome", "mail.refused", "mail.panics"] {
        let length = writes.recv(&mut buffer).unwrap();
        let written = str::from_utf8(&buffer[..length]).unwrap();
        assert!(
            written.starts_with(&format!("fire-and-forget: `{function}` (")),
            "{written}"
        );
        assert!(written.ends_with('\n'), "{written}");
    }
    writes.recv(&mut buffer).unwrap_err();
}

/// How many reports of one function were written, and how many it says were left out.
fn written_and_left_out(stderr: &str) -> (u32, u32) {
    let (mut written, mut left_out) = (0, 0);
    for line in stderr
        .lines()
        .filter(|line| line.contains("`mail.welcome`"))
    {
        match line.split_once("): ") {
            Some((_, text)) => {
                let (number, rest) = text.split_once(' ').unwrap();
                let many = "more reports left out (at most 10 a second are written)";
                assert_eq!(rest.replace("report l", "reports l"), many, "{line}");
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
    let played = end(name, child, text);
    assert_eq!(played.code, Some(0), "{played:?}");
}

#[test]
fn launches_get_threads_while_nobody_can_write_what_was_left_out() {
    let played = play("launches_get_threads_while_nobody_can_write_what_was_left_out");
    assert_eq!(played.code, Some(0), "{played:?}");
    let (written, left_out) = written_and_left_out(&played.stderr);
    assert_eq!(written + left_out, 1000, "{}", played.stderr);
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
    // With each report, and no more often than those.
    for line in played.stderr.lines() {
        assert!(
            line.ends_with("; the observer panicked: no disk"),
            "{played:?}"
        );
    }
    check_lines(
        &played.stderr,
        &[
            ("`mail.welcome` (", "failed: number 1"),
            ("`mail.panics` (", "panicked: without a word"),
            ("`mail.refused` (", "was refused"),
        ],
    );
}

#[test]
fn an_observer_may_launch_and_does_not_call_itself() {
    check_reports(
        "observer_that_launches",
        "observed: failed: number 1\n",
        &[("`mail.refused` (", "was refused")],
    );
}

#[test]
fn an_observer_is_set_once() {
    check(
        "observer_is_set_once",
        "already set\nfirst: was refused: the function's limit of launches in flight is reached (see `max_in_flight`)\n",
        "",
    );
}

#[test]
fn an_observer_may_be_a_closure() {
    check(
        "observer_that_is_a_closure",
        "seen: failed: number 1\nseen: was refused: the function's limit of launches in flight is reached (see `max_in_flight`)\n",
        "",
    );
}
