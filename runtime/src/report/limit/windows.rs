//! How many reports of each kind a function has passed on in this window of time, and how many it has left out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::account::site::Site;
use crate::report::{Event, Report};
use crate::stop::phase;
use crate::sync::lock_with_room;
use crate::sync::process::{AtomicU64, Instant, Mutex, MutexGuard};

/// The windows of all functions, for one that takes their reports.
#[derive(Debug)]
pub(in crate::report) struct Windows {
    /// In the order of their keys.
    list: Mutex<Vec<(Key, Window)>>,
    /// So many have been taken out, and are just being said.
    being_said: AtomicU64,
}

/// How many reports of each kind a function may pass on in how much time.
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

pub(super) enum Verdict {
    Pass,
    /// A new window: first say how many were left out of the one before.
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

    /// Takes this report in.
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

    /// When the next window ends that something was left out of.
    pub(super) fn next_end(&self) -> Option<Instant> {
        let list = self.list()?;
        list.iter()
            .filter(|(_, window)| window.left_out > 0)
            .filter_map(|(_, window)| window.end)
            .min()
    }

    /// Says what was left out in the windows whose end is due, each looked up by itself: to say it is code of the user's, and
    /// allocates, which is not done under the lock.
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

    /// How many reports have been left out and not been said so. Does not wait for the lock. Those that somebody is just saying
    /// are among them, since nobody knows for how long that is held up.
    pub(super) fn take_at_exit(&self) -> u64 {
        let taken = self.list.try_lock().map_or(0, |mut list| {
            let take = |(_, window): &mut (Key, Window)| std::mem::take(&mut window.left_out);
            list.iter_mut().map(take).sum()
        });
        taken + self.being_said.load(Ordering::SeqCst)
    }

    /// With room for one more, but in a fork. None there, if another thread had them when the process was forked.
    fn list(&self) -> Option<MutexGuard<'_, Vec<(Key, Window)>>> {
        if phase::is_forked() {
            self.list.try_lock().ok()
        } else {
            Some(lock_with_room(&self.list))
        }
    }
}

/// The share of one function.
#[derive(Debug, Default)]
struct Window {
    /// None where time has no such moment: it goes on for ever.
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

    /// Begins anew; returns what was left out.
    fn reset(&mut self) -> u64 {
        std::mem::take(self).left_out
    }
}

/// A function, by its site in the first report, and a kind of report.
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

    /// By address, because several functions may share a name; that of the function, whatever backends it has.
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
