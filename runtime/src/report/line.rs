//! One line of our own on standard error, in one piece.

use std::backtrace::Backtrace;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::stop::phase;

/// Writes one line of our own.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    note_above(line, None);
}

/// Writes one line of our own, and the backtrace below it, in one piece: what others write to the same file, a panic hook for example, comes before
/// or after it. An error is ignored: there is nowhere left to write it to.
///
/// It stays one line whatever is in it: an error whose text has a line of ours in it does not pass for one.
pub(crate) fn note_above(line: fmt::Arguments<'_>, backtrace: Option<&Backtrace>) {
    let mut text = String::from("fire-and-forget: ");
    text.extend(in_one_line(&line.to_string()));
    text.push('\n');
    if let Some(backtrace) = backtrace {
        // An error would be one of ours, and there is none.
        let _ = writeln!(
            text,
            "stack backtrace:\n{}",
            backtrace.to_string().trim_end()
        );
    }
    if phase::is_forked() {
        if let Some(mut copy) = copy() {
            let _ = copy.write_all(text.as_bytes());
        }
    } else {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The text with its control characters, line breaks among them, escaped. Allocates nothing.
pub(crate) fn in_one_line(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|char| {
        let (plain, control) = if char.is_control() {
            (None, Some(char.escape_default()))
        } else {
            (Some(char), None)
        };
        plain.into_iter().chain(control.into_iter().flatten())
    })
}

/// Writes past the lock of standard error, which another thread may hold for ever, if that takes it soon. Where there is
/// no descriptor left for that, with the lock, if it can be had soon.
pub(crate) fn write_at_exit(text: &[u8], takes: impl Fn(&File, Duration) -> bool) {
    if let Some(mut copy) = copy() {
        if takes(&copy, SOON) {
            let _ = copy.write_all(text);
        }
    } else if !phase::is_forked() {
        let text = text.to_vec();
        let (written, soon) = mpsc::channel();
        let write = move || written.send(io::stderr().write_all(&text).is_ok());
        if thread::Builder::new().spawn(write).is_ok() {
            let _ = soon.recv_timeout(SOON);
        }
    }
}

/// A duplicate of standard error, without its lock; none if no descriptor is left.
fn copy() -> Option<File> {
    #[cfg(unix)]
    let copy = std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned();
    #[cfg(windows)]
    let copy = std::os::windows::io::AsHandle::as_handle(&io::stderr()).try_clone_to_owned();
    #[cfg(any(unix, windows))]
    return copy.ok().map(File::from);
    #[cfg(not(any(unix, windows)))]
    return None;
}

/// How long the exit of a process may be held up by who has the lock, or does not read the pipe.
const SOON: Duration = Duration::from_secs(1);
