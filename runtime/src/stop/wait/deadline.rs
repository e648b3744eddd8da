//! The thread that keeps the deadlines of waits that are awaited: the service thread, which completes them, may be held up
//! by code of the user's. Who blocks keeps the deadline itself.

use std::sync::PoisonError;
use std::time::Duration;

use super::pending::{Pending, Unheld};
use crate::sync::lock;
use crate::sync::process::{Condvar, Instant, Mutex, thread};
use crate::thread::{body, unwind};

/// Has the thread complete this wait where nobody else has, a while after its deadline. False if the system refuses the
/// thread.
pub(super) fn keep(pending: &Pending) -> bool {
    let Some(deadline) = pending.deadline() else {
        return true;
    };
    let mut kept = lock(&KEPT);
    if kept.has_thread {
        if kept.looks_at.is_none_or(|looks_at| deadline < looks_at) {
            CHANGED.notify_all();
        }
    } else if !kept.start() {
        return false;
    }
    kept.add(deadline, pending.unheld());
    true
}

/// Until the last of these deadlines has come, or nobody waits any more.
fn run() {
    body::claim_thread();
    let mut kept = lock(&KEPT);
    loop {
        kept.forget();
        let now = Instant::now();
        if let Some(late) = kept.take_late(now) {
            // What is done has no wakers any more, so no code of the user's is run here.
            let Some(wait) = late.hold().filter(|wait| !wait.is_done()) else {
                continue;
            };
            // It wakes tasks of somebody's executor. Should that get stuck, another thread keeps the other deadlines.
            kept.has_thread = !kept.waits.is_empty() && kept.start();
            drop(kept);
            let _ = unwind::catch(|| wait.complete_late());
            let _ = unwind::catch(|| drop(wait));
            kept = lock(&KEPT);
            if kept.has_thread {
                return;
            }
            kept.has_thread = true;
            continue;
        }
        kept.looks_at = kept.waits.iter().map(|(deadline, _)| *deadline).min();
        let Some(deadline) = kept.looks_at else {
            kept.has_thread = false;
            return;
        };
        kept = CHANGED
            .wait_timeout(kept, patience(deadline, now))
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}

/// How long whoever keeps a deadline still waits. Without an `Instant` after it, which may be the clock's last.
pub(super) fn patience(deadline: Instant, now: Instant) -> Duration {
    let late = now.saturating_duration_since(deadline);
    deadline.saturating_duration_since(now) + GRACE.saturating_sub(late)
}

struct Kept {
    waits: Vec<(Instant, Unheld)>,
    /// So many may be in the list before those that are forgotten are sorted out.
    enough: usize,
    has_thread: bool,
    /// The deadline that the thread waits for, if it waits.
    looks_at: Option<Instant>,
}

impl Kept {
    /// False if the system refuses the thread. It begins once the lock is released.
    fn start(&mut self) -> bool {
        let builder = thread::Builder::new().name("ff-deadline".into());
        self.has_thread = builder.spawn(run).is_ok();
        self.looks_at = None;
        self.has_thread
    }

    fn add(&mut self, deadline: Instant, wait: Unheld) {
        if self.waits.len() >= self.enough {
            self.forget();
            self.enough = 2 * self.waits.len() + FEW;
        }
        self.waits.push((deadline, wait));
    }

    fn forget(&mut self) {
        self.waits.retain(|(_, wait)| !wait.is_forgotten());
    }

    fn take_late(&mut self, now: Instant) -> Option<Unheld> {
        let late = |(deadline, _): &(Instant, _)| patience(*deadline, now) == Duration::ZERO;
        let at = self.waits.iter().position(late)?;
        Some(self.waits.swap_remove(at).1)
    }
}

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    waits: Vec::new(),
    enough: FEW,
    has_thread: false,
    looks_at: None,
});
static CHANGED: Condvar = Condvar::new();

const FEW: usize = 64;

/// How long it is left to the service thread to keep a deadline.
const GRACE: Duration = Duration::from_millis(250);
