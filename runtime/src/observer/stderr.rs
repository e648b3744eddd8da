//! The default observer: one line per report on standard error, at a limited rate per function and kind.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Event, Report};
use crate::site::Site;
use crate::sync::lock_with_room;
use crate::sync::process::{Instant, Mutex, MutexGuard};
use crate::{service, shutdown};

/// Writes the report, unless its function has written its share of lines of this kind for this second. Per kind,
/// so that a flood of refusals does not hide a loss.
///
/// What is left out is counted, and said in a line when the second is over.
pub(crate) fn write(report: &Report<'_>) {
    write_with(report, "");
}

/// The same, with something more to say in the line.
pub(crate) fn write_with(report: &Report<'_>, more: impl fmt::Display) {
    match admit(report) {
        Verdict::Write => note(format_args!("{report}{more}")),
        Verdict::WriteAfter(left_out) => {
            note_left_out(report.site(), left_out);
            note(format_args!("{report}{more}"));
        }
        Verdict::LeaveOutFirst => {
            // The service thread says how many when the window ends.
            service::wake_for_sure();
        }
        Verdict::LeaveOut => {}
    }
}

fn admit(report: &Report<'_>) -> Verdict {
    let key = Key::of(report);
    let Some(mut windows) = windows() else {
        return Verdict::Write;
    };
    let place = windows.binary_search_by_key(&key, |(key, _)| *key);
    let place = place.unwrap_or_else(|place| {
        windows.insert(place, (key, Window::default()));
        place
    });
    windows[place].1.admit(Instant::now())
}

/// Writes one line of our own, in one piece: what others write to the same file, a panic hook for example, comes before
/// or after it. An error is ignored: there is nowhere left to write it to.
///
/// It stays one line whatever is in it: an error whose text has a line of ours in it does not pass for one.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    let mut text = String::from("fire-and-forget: ");
    text.extend(in_one_line(&line.to_string()));
    text.push('\n');
    if shutdown::is_forked() {
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

/// Writes past the lock of standard error, which another thread may hold for ever. Where there is no descriptor left for
/// that, with the lock, if it can be had soon.
pub(crate) fn write_at_exit(text: &[u8]) {
    if let Some(mut copy) = copy() {
        let _ = copy.write_all(text);
    } else if !shutdown::is_forked() {
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

/// Says what was left out in the windows that are over; returns when the next one ends.
pub(crate) fn tend(now: Instant) -> Option<Instant> {
    note_all(|end| end <= now);
    let windows = windows()?;
    windows
        .iter()
        .filter_map(|(_, window)| window.end_if_left_out())
        .min()
}

/// Says at once what has been left out so far: nothing will, later.
pub(crate) fn flush() {
    note_all(|_| true);
}

/// Says what was left out in the windows whose end is due, each looked up by itself: a line is allocated, and not under the
/// lock.
fn note_all(is_due: impl Fn(Instant) -> bool) {
    let mut said = None;
    loop {
        let Some(mut windows) = windows() else {
            return;
        };
        let begin = windows.partition_point(|(key, _)| Some(*key) <= said);
        let mut rest = windows[begin..].iter_mut();
        let due = rest.find(|(_, window)| window.end_if_left_out().is_some_and(&is_due));
        let Some((key, window)) = due else {
            return;
        };
        let (key, left_out) = (*key, window.reset());
        drop(windows);
        note_left_out(key.site, left_out);
        said = Some(key);
    }
}

/// How many reports have been left out and not been said so, for the exit handler: it must not wait for a lock.
pub(crate) fn left_out() -> u64 {
    WINDOWS.try_lock().map_or(0, |windows| {
        windows.iter().map(|(_, window)| window.left_out).sum()
    })
}

fn note_left_out(site: &Site, left_out: u64) {
    note(format_args!(
        "`{}`: {left_out} more {} left out (at most {LINES_PER_WINDOW} a second are written)",
        site.name(),
        if left_out == 1 { "report" } else { "reports" }
    ));
}

/// The share of one function: so many lines per window.
#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    written: u32,
    left_out: u64,
}

enum Verdict {
    Write,
    /// A new window: first say how many were left out of the one before.
    WriteAfter(u64),
    LeaveOutFirst,
    LeaveOut,
}

impl Window {
    fn admit(&mut self, now: Instant) -> Verdict {
        let is_over = self
            .began
            .is_none_or(|began| now.saturating_duration_since(began) >= WINDOW);
        if is_over {
            let left_out = self.reset();
            self.began = Some(now);
            self.written = 1;
            return if left_out == 0 {
                Verdict::Write
            } else {
                Verdict::WriteAfter(left_out)
            };
        }
        if self.written < LINES_PER_WINDOW {
            self.written += 1;
            return Verdict::Write;
        }
        self.left_out += 1;
        if self.left_out == 1 {
            Verdict::LeaveOutFirst
        } else {
            Verdict::LeaveOut
        }
    }

    fn end_if_left_out(&self) -> Option<Instant> {
        (self.left_out > 0)
            .then_some(self.began)
            .flatten()
            .map(|began| began + WINDOW)
    }

    /// Begins anew; returns what was left out.
    fn reset(&mut self) -> u64 {
        std::mem::take(self).left_out
    }
}

/// In the order of their keys.
type Windows = Vec<(Key, Window)>;

/// A function and a kind of report.
#[derive(Debug, Clone, Copy)]
struct Key {
    site: &'static Site,
    kind: u8,
}

impl Key {
    fn of(report: &Report<'_>) -> Self {
        let kind = match report.event() {
            Event::Failed(_) => 0,
            Event::Panicked(_) => 1,
            Event::Lost(_) => 2,
            Event::Refused(_) => 3,
            #[cfg(feature = "durable")]
            Event::GivenUp { .. } => 4,
        };
        Self {
            site: report.site(),
            kind,
        }
    }

    /// By address, because several functions may share a name.
    fn rank(self) -> (usize, u8) {
        (std::ptr::from_ref(self.site).addr(), self.kind)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Key {}

/// With room for one more, but in a fork. None there, if another thread had them when the process was forked.
fn windows() -> Option<MutexGuard<'static, Windows>> {
    if shutdown::is_forked() {
        WINDOWS.try_lock().ok()
    } else {
        Some(lock_with_room(&WINDOWS))
    }
}

static WINDOWS: Mutex<Windows> = Mutex::new(Vec::new());

/// How long the exit of a process may be held up by who has the lock.
const SOON: Duration = Duration::from_millis(100);

const WINDOW: Duration = Duration::from_secs(1);
const LINES_PER_WINDOW: u32 = 10;
