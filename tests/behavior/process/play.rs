//! Plays a scenario to its end.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::gate::PATIENCE;

/// A scenario that has ended.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

pub(super) fn scenario(name: &str) -> Command {
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

pub(super) fn play(name: &str) -> Played {
    end(scenario(name).spawn().unwrap(), String::new())
}

/// Waits for the end of the process, and kills it if it hangs. `begun` is what has been read of its standard error.
pub(super) fn end(mut child: Child, begun: String) -> Played {
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
pub(super) fn check(name: &str, stdout: &str, stderr: &str) {
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
pub(super) use silent;

/// Compares the lines of standard error by their beginnings, after our prefix, and their middles.
#[track_caller]
pub(super) fn check_lines(stderr: &str, expected: &[(&str, &str)]) {
    assert_eq!(stderr.lines().count(), expected.len(), "{stderr}");
    for (line, (beginning, middle)) in stderr.lines().zip(expected) {
        let Some(text) = line.strip_prefix("fire-and-forget: ") else {
            panic!("not a line of ours: {line}");
        };
        assert!(text.starts_with(beginning), "{line}");
        assert!(text.contains(middle), "{line}");
    }
}
