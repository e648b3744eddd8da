//! The thread that reports how many reports were left out, when a window ends. It is a thread of its own, because a
//! full pipe or the user's observer may block it, and the service thread, which creates threads, must not block.

use std::ptr;
use std::sync::atomic::Ordering;

use super::windows::Windows;
use crate::report::report::Report;
use crate::service::service::{self, Background};
use crate::service::threads::ThreadSet;
use crate::stop::phase;
use crate::sync::process::{AtomicBool, Instant, Mutex, thread};
use crate::sync::{lock, lock_with_room};

/// Reports what one outlet has left out.
pub(in crate::report) struct Summarizer {
    outlet: &'static dyn Outlet,
    name_of_thread: &'static str,
    is_registered: AtomicBool,
    /// Whether it is in `LISTED`.
    is_listed: AtomicBool,
    /// Whether a thread runs, or is about to run, `tell`.
    is_telling: AtomicBool,
    /// Only the service thread locks it, except at the end of a shutdown.
    threads: Mutex<ThreadSet>,
}

/// A receiver of reports at a limited rate.
pub(in crate::report) trait Outlet: Send + Sync + 'static {
    /// The counts of each function: how many reports were passed on, and how many were left out.
    fn windows(&self) -> &Windows;

    /// Takes a report that says how many were left out.
    fn say(&self, left_out: &Report<'_>);
}

impl Summarizer {
    pub(in crate::report) fn new(
        outlet: &'static dyn Outlet,
        name_of_thread: &'static str,
    ) -> Self {
        Self {
            outlet,
            name_of_thread,
            is_registered: AtomicBool::new(false),
            is_listed: AtomicBool::new(false),
            is_telling: AtomicBool::new(false),
            threads: Mutex::new(ThreadSet::new()),
        }
    }

    /// Asks for a report at the end of the window. Called when a report was left out.
    pub(super) fn call(&'static self) {
        service::register_once(&self.is_registered, self);
        service::wake_or_retry();
    }

    /// Adds it to the list that the end of a shutdown and the exit handler look through.
    pub(in crate::report) fn register(&'static self) {
        // In a forked process, the lock may be held forever.
        if self.is_listed.load(Ordering::Relaxed) || phase::is_forked() {
            return;
        }
        let mut listed = lock_with_room(&LISTED);
        if !listed.iter().any(|it| ptr::eq(*it, self)) {
            listed.push(self);
        }
        drop(listed);
        self.is_listed.store(true, Ordering::Relaxed);
    }

    /// Reports at once what has been left out.
    pub(super) fn say_all(&self) {
        self.say(|_| true);
    }

    fn say(&self, is_due: impl Fn(Option<Instant>) -> bool) {
        let windows = self.windows();
        windows.take_left_out(is_due, |left_out| self.outlet.say(left_out));
    }

    pub(super) fn outlet(&self) -> &'static dyn Outlet {
        self.outlet
    }

    pub(super) fn windows(&self) -> &Windows {
        self.outlet.windows()
    }

    /// The body of the thread.
    fn tell(&self) {
        let now = Instant::now();
        self.say(|end| end.is_some_and(|end| end <= now));
        self.is_telling.store(false, Ordering::SeqCst);
        // Reports may have been left out meanwhile, so the service thread looks again.
        service::wake();
    }

    /// Creates the thread if a window with left-out reports has ended. Returns when to look again.
    fn create_wanted(&'static self, threads: &mut ThreadSet, now: Instant) -> Option<Instant> {
        let end = self.windows().next_end()?;
        if now < end {
            return Some(end);
        }
        let backoff_until = threads.backoff_until(now);
        if backoff_until.is_some() || self.is_telling.swap(true, Ordering::SeqCst) {
            return backoff_until;
        }
        let builder = thread::Builder::new().name(self.name_of_thread.into());
        let created = threads.spawn(builder, || self.tell());
        if threads.add(created, now).is_err() {
            self.is_telling.store(false, Ordering::SeqCst);
        }
        threads.backoff_until(now)
    }
}

impl Background for Summarizer {
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        let mut threads = lock(&self.threads);
        threads.join_finished(now);
        let next = self.create_wanted(&mut threads, now);
        threads.sooner(next)
    }

    fn has_threads(&self) -> bool {
        !lock(&self.threads).is_over()
    }
}

/// Returns each summarizer in the list. The lock is not held between two of them, because the caller runs the user's
/// code.
pub(super) fn all() -> impl Iterator<Item = &'static Summarizer> {
    (0..).map_while(|index| lock(&LISTED).get(index).copied())
}

/// Takes the number of reports that were left out and not yet reported. It never waits for a lock: the exit handler
/// calls it.
pub(crate) fn take_at_exit() -> u64 {
    let take = |summarizer: &&Summarizer| summarizer.windows().take_at_exit();
    LISTED
        .try_lock()
        .map_or(0, |all| all.iter().map(take).sum())
}

/// The summarizers of `Limited` observers.
static LISTED: Mutex<Vec<&'static Summarizer>> = Mutex::new(Vec::new());
