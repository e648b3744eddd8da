//! The counts behind the rate limit: for each function and kind, how many reports were passed on in the current
//! window, and how many were left out.

use std::sync::atomic::Ordering;

use super::rate::Limit;
use crate::account::site::Site;
use crate::report::{Event, Report};
use crate::stop::phase;
use crate::sync::lock_with_room;
use crate::sync::process::{AtomicU64, Instant, Mutex, MutexGuard};

/// The windows of all functions, for one receiver of reports.
#[derive(Debug)]
pub(in crate::report) struct Windows {
    /// Sorted by key.
    list: Mutex<Vec<(Key, Window)>>,
    /// How many left-out reports have been taken, and are being reported now.
    being_said: AtomicU64,
}

pub(super) enum Verdict {
    Pass,
    /// Pass it on in a new window, and report first how many were left out of the last window.
    PassAfter(u64),
    LeaveOutFirst,
    LeaveOut,
}

impl Windows {
    pub(in crate::report) const fn new() -> Self {
        Self {
            list: Mutex::new(Vec::new()),
            being_said: AtomicU64::new(0),
        }
    }

    /// Counts this report, and decides what to do with it.
    pub(super) fn admit(&self, report: &Report<'_>, limit: Limit) -> Verdict {
        let key = Key::of(report);
        let Some(mut list) = self.list() else {
            return Verdict::Pass;
        };
        let place = list.binary_search_by_key(&key, |(key, _)| *key);
        let place = place.unwrap_or_else(|place| {
            list.insert(place, (key, Window::default()));
            place
        });
        list[place].1.admit(Instant::now(), limit)
    }

    /// Returns when the first window ends from which reports were left out.
    pub(super) fn next_end(&self) -> Option<Instant> {
        let list = self.list()?;
        list.iter()
            .filter(|(_, window)| window.left_out > 0)
            .filter_map(|(_, window)| window.end)
            .min()
    }

    /// Reports what was left out of the windows that have ended. The lock is released for each report, because a
    /// report runs the user's code and allocates.
    pub(super) fn take_left_out(
        &self,
        is_due: impl Fn(Option<Instant>) -> bool,
        say: impl Fn(&Report<'_>),
    ) {
        let mut said = None;
        loop {
            let Some(mut list) = self.list() else {
                return;
            };
            let begin = list.partition_point(|(key, _)| Some(*key) <= said);
            let mut rest = list[begin..].iter_mut();
            let due = rest.find(|(_, window)| window.left_out > 0 && is_due(window.end));
            let Some((key, window)) = due else {
                return;
            };
            let (key, left_out) = (*key, window.reset());
            self.being_said.fetch_add(left_out, Ordering::SeqCst);
            drop(list);
            say(&Report::left_out(key.site, left_out));
            self.being_said.fetch_sub(left_out, Ordering::SeqCst);
            said = Some(key);
        }
    }

    /// Takes the number of reports that were left out and not yet reported, without waiting for the lock. It includes
    /// those that a thread is reporting now, because that thread may be blocked until the process ends.
    pub(super) fn take_at_exit(&self) -> u64 {
        let taken = self.list.try_lock().map_or(0, |mut list| {
            let take = |(_, window): &mut (Key, Window)| std::mem::take(&mut window.left_out);
            list.iter_mut().map(take).sum()
        });
        taken + self.being_said.load(Ordering::SeqCst)
    }

    /// Locks the list and reserves space for one more. In a forked process it does not wait, and returns `None` if
    /// another thread held the lock at the fork.
    fn list(&self) -> Option<MutexGuard<'_, Vec<(Key, Window)>>> {
        if phase::is_forked() {
            self.list.try_lock().ok()
        } else {
            Some(lock_with_room(&self.list))
        }
    }
}

/// The share of one function and kind.
#[derive(Debug, Default)]
struct Window {
    /// The end of the window; `None` if `Instant` cannot hold it, and the window never ends.
    end: Option<Instant>,
    passed: u32,
    left_out: u64,
}

impl Window {
    fn admit(&mut self, now: Instant, limit: Limit) -> Verdict {
        if self.passed == 0 || self.end.is_some_and(|end| end <= now) {
            let left_out = self.reset();
            self.end = now.checked_add(limit.window);
            self.passed = 1;
            return if left_out == 0 {
                Verdict::Pass
            } else {
                Verdict::PassAfter(left_out)
            };
        }
        if self.passed < limit.reports {
            self.passed += 1;
            return Verdict::Pass;
        }
        self.left_out += 1;
        if self.left_out == 1 {
            Verdict::LeaveOutFirst
        } else {
            Verdict::LeaveOut
        }
    }

    /// Starts a new window, and returns how many reports were left out of the last one.
    fn reset(&mut self) -> u64 {
        std::mem::take(self).left_out
    }
}

/// A function, identified by the site in its first report, and a kind of report.
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
            Event::LeftOut(_) => 4,
            #[cfg(feature = "durable")]
            Event::GivenUp { .. } => 5,
            Event::Returned => 6,
            Event::Dropped => 7,
        };
        Self {
            site: report.site(),
            kind,
        }
    }

    /// Functions are compared by the address of their site, because several may share a name. All backends of a
    /// function share one.
    fn rank(self) -> (usize, u8) {
        (std::ptr::from_ref(self.site.function()).addr(), self.kind)
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
