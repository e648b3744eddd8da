//! One line of our own on standard error, in one piece.

use std::backtrace::Backtrace;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::stop::phase;

/// Writes one line that begins with our prefix.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    note_above(line, None);
}

/// Writes one line with our prefix, and the backtrace below it, in one call: so no other thread's output comes
/// between. An error is ignored, because it could be reported nowhere.
///
/// The text is escaped to one line, so that no error can forge another line with our prefix.
pub(crate) fn note_above(line: fmt::Arguments<'_>, backtrace: Option<&Backtrace>) {
    let mut text = String::from("fire-and-forget: ");
    text.extend(in_one_line(&line.to_string()));
    text.push('\n');
    if let Some(backtrace) = backtrace {
        // Writing to a `String` never fails.
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

/// Returns the text with its control characters, line breaks included, escaped. It allocates nothing.
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

/// Writes without the lock of standard error, which another thread may hold forever, if `takes` says that the write
/// will not block for long. If no descriptor is left for that, it waits a moment for the lock.
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

/// Duplicates the descriptor of standard error, which has no lock; `None` if no descriptor is left.
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

/// How long the exit of a process may wait for the lock or for the reader of a pipe.
const SOON: Duration = Duration::from_secs(1);
