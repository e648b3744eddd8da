//! The counts behind the rate limit: for each function and kind, how many reports were passed on in the current
//! window, and how many were left out.

use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{mem, ptr};

use crate::account::site::Site;
use crate::report::{Event, Report};
use crate::stop::phase;
use crate::sync::lock_with_room;
use crate::sync::process::{AtomicU64, Instant, Mutex, MutexGuard};

/// The rate: so many reports of each kind for each function, in so much time.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Limit {
    pub(in crate::report) reports: u32,
    pub(in crate::report) window: Duration,
}

impl Limit {
    pub(in crate::report) const DEFAULT: Self = Self {
        reports: 10,
        window: Duration::from_secs(1),
    };
}

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
        let key = key(report);
        let Some(mut list) = self.list() else {
            return Verdict::Pass;
        };
        let place = list.binary_search_by_key(&key, |(key, _)| *key);
        let place = place.unwrap_or_else(|place| {
            list.insert(place, (key, Window::new(report.site())));
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
            let (key, site, left_out) = (*key, window.site, window.reset());
            self.being_said.fetch_add(left_out, Ordering::SeqCst);
            drop(list);
            say(&Report::left_out(site, left_out));
            self.being_said.fetch_sub(left_out, Ordering::SeqCst);
            said = Some(key);
        }
    }

    /// Takes the number of reports that were left out and not yet reported, without waiting for the lock. It includes
    /// those that a thread is reporting now, because that thread may be blocked until the process ends.
    pub(super) fn take_at_exit(&self) -> u64 {
        let taken = self.list.try_lock().map_or(0, |mut list| {
            let take = |(_, window): &mut (Key, Window)| mem::take(&mut window.left_out);
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
#[derive(Debug)]
struct Window {
    /// The site in its first report.
    site: &'static Site,
    /// The end of the window; `None` if `Instant` cannot hold it, and the window never ends.
    end: Option<Instant>,
    passed: u32,
    left_out: u64,
}

impl Window {
    fn new(site: &'static Site) -> Self {
        Self {
            site,
            end: None,
            passed: 0,
            left_out: 0,
        }
    }

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
        mem::replace(self, Self::new(self.site)).left_out
    }
}

/// A function and a kind of report. A function is the address of its site, because several may share a name; all backends
/// of a function share one.
type Key = (usize, u8);

fn key(report: &Report<'_>) -> Key {
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
    (ptr::from_ref(report.site().function()).addr(), kind)
}
