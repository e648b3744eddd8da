//! The thread that keeps the deadlines of waits that are awaited: the service thread, which completes them, may be held up
//! by code of the user's. Who blocks keeps the deadline itself.

use std::sync::PoisonError;
use std::time::Duration;

use super::pending::{Pending, Unheld};
use crate::sync::lock;
use crate::sync::process::{Condvar, Instant, Mutex, thread};
use crate::{body, unwind};

/// Has the thread complete this wait where nobody else has, a while after its deadline.
pub(super) fn keep(pending: &Pending) {
    let Some(deadline) = pending.deadline() else {
        return;
    };
    let mut kept = lock(&KEPT);
    kept.add(deadline, pending.unheld());
    if kept.looks_at.is_some_and(|looks_at| looks_at <= deadline) {
        return;
    }
    kept.looks_at = Some(deadline);
    if kept.has_thread {
        CHANGED.notify_all();
    } else {
        let builder = thread::Builder::new().name("ff-deadline".into());
        // Where the system refuses it, the service thread is all there is.
        kept.has_thread = builder.spawn(run).is_ok();
    }
}

/// Until there is nothing to be kept any more.
fn run() {
    body::claim_thread();
    let mut kept = lock(&KEPT);
    loop {
        let now = Instant::now();
        let late = kept.take_late(now);
        if !late.is_empty() {
            drop(kept);
            // Off the lock: there are wakers of somebody's executor in it.
            for wait in late {
                let _ = unwind::catch(|| wait.hold().iter().for_each(Pending::complete_late));
            }
            kept = lock(&KEPT);
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
    /// The earliest deadline that the thread knows of.
    looks_at: Option<Instant>,
}

impl Kept {
    fn add(&mut self, deadline: Instant, wait: Unheld) {
        if self.waits.len() >= self.enough {
            self.waits.retain(|(_, wait)| !wait.is_forgotten());
            self.enough = 2 * self.waits.len() + FEW;
        }
        self.waits.push((deadline, wait));
    }

    /// Sorts out those that are forgotten, too.
    fn take_late(&mut self, now: Instant) -> Vec<Unheld> {
        self.waits.retain(|(_, wait)| !wait.is_forgotten());
        let late = |it: &mut (Instant, Unheld)| patience(it.0, now) == Duration::ZERO;
        self.waits.extract_if(.., late).map(|it| it.1).collect()
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
