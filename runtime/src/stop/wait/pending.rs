//! A wait that is going on: its deadline, its result, and whom to tell.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::completing::Completing;
use super::quiet;
use super::scope::{self, Scope};
use super::timer::{self, Late, time_left};
use super::unfinished::Unfinished;
use crate::service::service;
use crate::stop::phase;
use crate::sync::lock;
use crate::sync::process::{AtomicBool, Condvar, Instant, Mutex, MutexGuard};
use crate::thread::unwind;

/// A wait that may still be going on, shared by those who wait and the service thread.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    scope: &'static dyn Scope,
    /// None: the timeout is beyond what the clock can count.
    deadline: Option<Instant>,
    progress: Mutex<Progress>,
    done: Condvar,
    /// Does a thread see to it that a task gets its result by the deadline?
    is_armed: AtomicBool,
    /// The tasks that are just being woken.
    waking: Mutex<Option<Arc<Vec<Waker>>>>,
}

#[derive(Debug)]
enum Progress {
    /// The tasks that wait: each handle's last, by its number.
    Waiting(BTreeMap<u64, Waker>),
    Done(Result<(), Unfinished>),
}

impl Pending {
    pub(crate) fn new(scope: &'static dyn Scope, timeout: Duration) -> Self {
        Self {
            shared: Arc::new(Shared {
                scope,
                deadline: Instant::now().checked_add(timeout),
                progress: Mutex::new(Progress::Waiting(BTreeMap::new())),
                done: Condvar::new(),
                is_armed: AtomicBool::new(false),
                waking: Mutex::new(None),
            }),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.shared.progress)
    }

    pub(super) fn is_done(&self) -> bool {
        self.shared.is_done()
    }

    /// Is there nothing more to do? A shutdown whose deadline another thread has kept is still to be ended.
    pub(super) fn is_over(&self) -> bool {
        self.shared.scope.is_over() && self.is_done()
    }

    /// Has the caller dropped its handle? A shutdown is held by its static, and goes on.
    pub(super) fn is_forgotten(&self) -> bool {
        // The one that is left is in the list of waits.
        Arc::strong_count(&self.shared) <= 1
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.shared.deadline
    }

    /// When the service thread is to look at it again, if nothing else happens.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.deadline()
            .filter(|_| !self.shared.scope.has_given_up())
    }

    pub(super) fn advance(&self, now: Instant) {
        self.advance_with(now, &quiet::is_quiet);
    }

    /// The same, where it may be known already whether anything is in flight.
    pub(super) fn advance_with(&self, now: Instant, all: &dyn Fn() -> bool) {
        if self.is_over() {
            return;
        }
        let result = self.shared.scope.advance(now, self.deadline(), all);
        if let Some(result) = result {
            self.complete(result);
        }
    }

    fn complete(&self, result: Result<(), Unfinished>) {
        let _completing = Completing::begin();
        let mut progress = self.progress();
        let Progress::Waiting(wakers) = &mut *progress else {
            return;
        };
        let wakers = Arc::new(mem::take(wakers).into_values().collect());
        *lock(&self.shared.waking) = Some(Arc::clone(&wakers));
        *progress = Progress::Done(result);
        drop(progress);
        self.shared.done.notify_all();
        wake(&wakers);
        let woken = lock(&self.shared.waking).take();
        drop(woken);
        drop_each(wakers);
    }

    /// As [`advance`](Self::advance). Once this returns, no other thread is about to wake a task that waits.
    pub(super) fn advance_and_wake(&self, now: Instant) {
        self.advance(now);
        let waking = lock(&self.shared.waking).clone();
        if let Some(wakers) = waking {
            wake(&wakers);
            drop_each(wakers);
        }
    }

    /// The handle of this number has gone away.
    pub(super) fn forget(&self, handle: u64) {
        // There, another thread may have held the lock for ever.
        if phase::is_forked() {
            return;
        }
        let waker = match &mut *self.progress() {
            Progress::Done(_) => None,
            Progress::Waiting(wakers) => wakers.remove(&handle),
        };
        // Off the lock: it is code of somebody's executor.
        drop(waker);
    }

    /// Keeps the deadline even if the service thread cannot be started, or is held up.
    pub(super) fn block(&self) -> Result<(), Unfinished> {
        if let Some(result) = scope::in_a_fork(self.shared.scope) {
            return result;
        }
        #[cfg(feature = "tokio")]
        if !self.is_done() {
            crate::backend::tokio::before_blocking();
        }
        let mut progress = self.progress();
        loop {
            if let Progress::Done(result) = &*progress {
                return result.clone();
            }
            let now = Instant::now();
            let time_left = self.deadline().map(|deadline| time_left(deadline, now));
            if time_left == Some(Duration::ZERO) {
                drop(progress);
                return self.shared.scope.late_result();
            }
            drop(progress);
            let timeout = if service::wake() {
                time_left.unwrap_or(Duration::MAX)
            } else {
                // The system refuses the service thread: whoever waits does what it would do for this wait.
                self.advance(now);
                time_left.map_or(RETRY, |time_left| time_left.min(RETRY))
            };
            progress = self.progress();
            if matches!(*progress, Progress::Waiting(_)) {
                progress = self
                    .shared
                    .done
                    .wait_timeout(progress, timeout)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }

    /// For the handle of this number, which waits in one task at a time: the last one that polled it.
    pub(super) fn poll(&self, handle: u64, cx: &mut Context<'_>) -> Poll<Result<(), Unfinished>> {
        if let Some(result) = scope::in_a_fork(self.shared.scope) {
            return Poll::Ready(result);
        }
        // Before the lock is taken, and dropped after it is released: it is code of somebody's executor.
        let waker = cx.waker().clone();
        let completing = Completing::begin();
        let replaced = match &mut *self.progress() {
            Progress::Done(result) => return Poll::Ready(result.clone()),
            Progress::Waiting(wakers) => wakers.insert(handle, waker),
        };
        drop(completing);
        drop(replaced);
        let is_armed = self.shared.is_armed.load(Ordering::Relaxed)
            || self
                .deadline()
                .is_none_or(|deadline| timer::arm(deadline, &self.shared));
        if is_armed {
            self.shared.is_armed.store(true, Ordering::Relaxed);
        }
        let is_served = service::wake();
        let now = Instant::now();
        if !is_served {
            // The system refuses the service thread: this task does what it would do for this wait.
            self.advance(now);
            if let Progress::Done(result) = &*self.progress() {
                return Poll::Ready(result.clone());
            }
        }
        if !is_armed
            && let Some(deadline) = self.deadline()
            && time_left(deadline, now) == Duration::ZERO
        {
            return Poll::Ready(self.shared.scope.late_result());
        }
        if !is_armed || !is_served {
            // This task keeps asking for the thread that the system refuses.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Each, whatever the others do: it is code of somebody's executor, and a panic in it must not end this thread.
fn wake(wakers: &[Waker]) {
    for waker in wakers {
        let _ = unwind::catch(|| waker.wake_by_ref());
    }
}

/// Off the locks, and each caught by itself: it is code of somebody's executor, and one panic must not come while another
/// unwinds.
fn drop_each(wakers: Arc<Vec<Waker>>) {
    for waker in Arc::into_inner(wakers).into_iter().flatten() {
        let _ = unwind::catch(|| drop(waker));
    }
}

impl Late for Shared {
    fn is_done(&self) -> bool {
        matches!(*lock(&self.progress), Progress::Done(_))
    }

    fn complete_late(self: Arc<Self>) {
        let result = self.scope.late_result();
        Pending { shared: self }.complete(result);
    }
}

/// How often a blocked caller tries to start a service thread that the system has refused.
const RETRY: Duration = Duration::from_millis(20);
