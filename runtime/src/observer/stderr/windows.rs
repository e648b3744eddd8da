//! How many lines of each kind a function has written in this second, and how many it has left out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::observer::{Event, Report};
use crate::shutdown;
use crate::site::Site;
use crate::sync::lock_with_room;
use crate::sync::process::{AtomicU64, Instant, Mutex, MutexGuard};

/// Takes this report in.
pub(super) fn admit(report: &Report<'_>) -> Verdict {
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

pub(super) enum Verdict {
    Write,
    /// A new window: first say how many were left out of the one before.
    WriteAfter(u64),
    LeaveOutFirst,
    LeaveOut,
}

/// When the next window ends that something was left out of.
pub(super) fn next_end() -> Option<Instant> {
    let windows = windows()?;
    windows
        .iter()
        .filter_map(|(_, window)| window.end_if_left_out())
        .min()
}

/// Says what was left out in the windows whose end is due, each looked up by itself: a line is allocated, and not
/// under the lock.
pub(super) fn take_left_out(is_due: impl Fn(Instant) -> bool, say: impl Fn(&'static Site, u64)) {
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
        BEING_SAID.fetch_add(left_out, Ordering::SeqCst);
        drop(windows);
        say(key.site, left_out);
        BEING_SAID.fetch_sub(left_out, Ordering::SeqCst);
        said = Some(key);
    }
}

/// How many reports have been left out and not been said so, for the exit handler, which says it: it must not wait for a lock.
/// Those that somebody is just saying are among them, since nobody knows for how long standard error is held.
pub(crate) fn take_at_exit() -> u64 {
    let taken = WINDOWS.try_lock().map_or(0, |mut windows| {
        let take = |(_, window): &mut (Key, Window)| std::mem::take(&mut window.left_out);
        windows.iter_mut().map(take).sum()
    });
    taken + BEING_SAID.load(Ordering::SeqCst)
}

/// The share of one function: so many lines per window.
#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    written: u32,
    left_out: u64,
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
            site: report.site().function(),
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

/// So many have been taken out, and their lines are not written yet.
static BEING_SAID: AtomicU64 = AtomicU64::new(0);

static WINDOWS: Mutex<Windows> = Mutex::new(Vec::new());

const WINDOW: Duration = Duration::from_secs(1);
pub(super) const LINES_PER_WINDOW: u32 = 10;
