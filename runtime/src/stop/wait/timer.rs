//! The thread that keeps the deadlines of waits that are awaited: the service thread, which completes them, may be held up
//! by code of the user's. Who blocks keeps the deadline itself.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use crate::sync::lock;
use crate::sync::process::{Condvar, Instant, Mutex, thread};
use crate::thread::{body, unwind};

/// Has the thread complete this wait where nobody else has, a while after its deadline. False if the system refuses the
/// thread.
pub(super) fn arm(deadline: Instant, wait: &Arc<impl Late>) -> bool {
    let mut timers = lock(&TIMERS);
    if timers.has_thread {
        if timers.next_at.is_none_or(|next_at| deadline < next_at) {
            CHANGED.notify_all();
        }
    } else if !timers.start() {
        return false;
    }
    let wait: Arc<dyn Late> = Arc::clone(wait) as _;
    timers.add(deadline, Arc::downgrade(&wait));
    true
}

/// A wait that may come to its deadline.
pub(super) trait Late: Send + Sync + 'static {
    /// Has it a result?
    fn is_done(&self) -> bool;

    /// Gives it the result that it has at its deadline, in place of a service thread that is held up.
    fn complete_late(self: Arc<Self>);
}

/// Until the last of these deadlines has come, or nobody waits any more.
fn run() {
    body::claim_thread();
    let mut timers = lock(&TIMERS);
    loop {
        timers.remove_forgotten();
        let now = Instant::now();
        if let Some(late) = timers.take_late(now) {
            // What is done has no wakers any more, so no code of the user's is run here.
            let Some(wait) = late.upgrade().filter(|wait| !wait.is_done()) else {
                continue;
            };
            // It wakes tasks of somebody's executor. Should that get stuck, another thread keeps the other deadlines.
            timers.has_thread = !timers.waits.is_empty() && timers.start();
            drop(timers);
            let _ = unwind::catch(|| Arc::clone(&wait).complete_late());
            let _ = unwind::catch(|| drop(wait));
            timers = lock(&TIMERS);
            if timers.has_thread {
                return;
            }
            timers.has_thread = true;
            continue;
        }
        timers.next_at = timers.waits.iter().map(|(deadline, _)| *deadline).min();
        let Some(deadline) = timers.next_at else {
            timers.has_thread = false;
            return;
        };
        timers = CHANGED
            .wait_timeout(timers, time_left(deadline, now))
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}

/// How long whoever keeps a deadline still waits. Without an `Instant` after it, which may be the clock's last.
pub(super) fn time_left(deadline: Instant, now: Instant) -> Duration {
    let late = now.saturating_duration_since(deadline);
    deadline.saturating_duration_since(now) + GRACE.saturating_sub(late)
}

struct Timers {
    waits: Vec<(Instant, Weak<dyn Late>)>,
    /// So many may be in the list before those that are forgotten are sorted out.
    enough: usize,
    has_thread: bool,
    /// The deadline that the thread waits for, if it waits.
    next_at: Option<Instant>,
}

impl Timers {
    /// False if the system refuses the thread. It begins once the lock is released.
    fn start(&mut self) -> bool {
        let builder = thread::Builder::new().name("ff-deadline".into());
        self.has_thread = builder.spawn(run).is_ok();
        self.next_at = None;
        self.has_thread
    }

    fn add(&mut self, deadline: Instant, wait: Weak<dyn Late>) {
        if self.waits.len() >= self.enough {
            self.remove_forgotten();
            self.enough = 2 * self.waits.len() + FEW;
        }
        self.waits.push((deadline, wait));
    }

    fn remove_forgotten(&mut self) {
        self.waits.retain(|(_, wait)| wait.strong_count() > 0);
    }

    fn take_late(&mut self, now: Instant) -> Option<Weak<dyn Late>> {
        let late = |(deadline, _): &(Instant, _)| time_left(*deadline, now) == Duration::ZERO;
        let at = self.waits.iter().position(late)?;
        Some(self.waits.swap_remove(at).1)
    }
}

static TIMERS: Mutex<Timers> = Mutex::new(Timers {
    waits: Vec::new(),
    enough: FEW,
    has_thread: false,
    next_at: None,
});
static CHANGED: Condvar = Condvar::new();

const FEW: usize = 64;

/// How long it is left to the service thread to keep a deadline.
const GRACE: Duration = Duration::from_millis(250);
