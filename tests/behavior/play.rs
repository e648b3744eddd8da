//! Plays a scenario to its end, or kills it.

use std::convert::Infallible;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};

use waiting::PATIENCE;

/// A scenario that has ended.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) code: Option<i32>,
    #[cfg(unix)]
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) const SCENARIO: &str = env!("CARGO_BIN_EXE_scenario");

pub(crate) fn scenario(name: &str) -> Command {
    let mut command = Command::new(SCENARIO);
    command.arg(name);
    piped(command)
}

/// In an environment that changes nothing, with its output to be read.
pub(crate) fn piped(mut command: Command) -> Command {
    command
        .env_remove("FIRE_AND_FORGET_POOL_THREADS")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn play(name: &str) -> Played {
    end(name, scenario(name).spawn().unwrap(), String::new())
}

/// Waits for the end of the process, and kills it if it hangs. `begun` is what has been read of its standard error.
pub(crate) fn end(name: &str, mut child: Child, begun: String) -> Played {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (done, ended) = channel();
    let stdout = read(stdout, String::new(), done.clone());
    let stderr = read(stderr, begun, done);
    // A scenario that waits in vain says so itself, after `PATIENCE`.
    let hangs = ended.recv_timeout(2 * PATIENCE) == Err(RecvTimeoutError::Timeout);
    if hangs {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    let played = Played {
        code: status.code(),
        #[cfg(unix)]
        signal: std::os::unix::process::ExitStatusExt::signal(&status),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    };
    assert!(!hangs, "`{name}` hangs after {played:?}");
    played
}

/// Reads all that is left in `pipe`, and drops `done` then.
fn read<R: Read + Send + 'static>(
    pipe: Option<R>,
    mut text: String,
    done: Sender<Infallible>,
) -> JoinHandle<String> {
    thread::spawn(move || {
        if let Some(mut pipe) = pipe {
            pipe.read_to_string(&mut text).unwrap();
        }
        drop(done);
        text
    })
}

/// Plays a scenario that succeeds, and compares what it prints.
#[track_caller]
pub(crate) fn check(name: &str, stdout: &str, stderr: &str) {
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
pub(crate) use silent;

/// Plays a scenario that succeeds, and compares what it prints and [its reports](check_lines).
#[track_caller]
pub(crate) fn check_reports(name: &str, stdout: &str, reports: &[(&str, &str)]) {
    let played = play(name);
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), stdout),
        "{name}: {played:?}"
    );
    check_lines(&played.stderr, reports);
}

/// Compares the lines of standard error by their beginnings, after our prefix, and their middles.
#[track_caller]
pub(crate) fn check_lines(stderr: &str, expected: &[(&str, &str)]) {
    assert_eq!(stderr.lines().count(), expected.len(), "{stderr}");
    for (line, (beginning, middle)) in stderr.lines().zip(expected) {
        let Some(text) = line.strip_prefix("fire-and-forget: ") else {
            panic!("not a line of ours: {line}");
        };
        assert!(text.starts_with(beginning), "{line}");
        assert!(text.contains(middle), "{line}");
    }
}
