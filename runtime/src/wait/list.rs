//! The waits that are going on, for the service thread to complete.

use std::sync::atomic::Ordering;

use super::pending::Pending;
use crate::site::{self, Site};
use crate::sync::lock;
use crate::sync::process::{AtomicUsize, Instant, Mutex, MutexGuard};
use crate::{service, unwind};

/// Hands a wait to the service thread, which completes it.
pub(crate) fn enter(pending: &Pending) {
    // Where nothing has been launched, there is nothing to wait for, and no need for the service thread.
    if !service::is_running() {
        pending.advance(Instant::now());
    }
    if pending.is_over() {
        return;
    }
    WAITING.fetch_add(1, Ordering::SeqCst);
    waits().push(pending.clone());
    service::wake();
}

/// A launch ended: if somebody waits, the service thread looks whether all is quiet.
///
/// `SeqCst` pairs with the increment in [`enter`]: either this thread sees the wait, or the wait sees the end.
#[inline]
pub(crate) fn changed() {
    if WAITING.load(Ordering::SeqCst) != 0 {
        service::wake();
    }
}

/// Completes the waits that are over; returns the next deadline. Called by the service thread.
pub(crate) fn tend(now: Instant) -> Option<Instant> {
    let pending = waits().clone();
    for pending in &pending {
        pending.advance(now);
    }
    // Before the handles are counted: a wait that was entered meanwhile is in the list, and not in the copy.
    drop(pending);
    let mut waits = waits();
    let over: Vec<_> = waits
        .extract_if(.., |pending| pending.is_over() || pending.is_forgotten())
        .collect();
    WAITING.fetch_sub(over.len(), Ordering::SeqCst);
    let next = waits.iter().filter_map(Pending::next_look).min();
    drop(waits);
    // Off the lock, and with it wakers of somebody's executor.
    let _ = unwind::catch(|| drop(over));
    next
}

/// Has everything ended that was launched?
///
/// All ends are read before all launches: if the sums are equal, there was a moment between the two when nothing
/// was in flight on any backend.
pub(crate) fn is_quiet() -> bool {
    let ended: u64 = site::all().map(|site| site.counts().ended()).sum();
    let launched: u64 = site::all().map(Site::launched).sum();
    ended == launched
}

fn waits() -> MutexGuard<'static, Vec<Pending>> {
    static WAITS: Mutex<Vec<Pending>> = Mutex::new(Vec::new());
    lock(&WAITS)
}

/// How many waits are in the list, so that an end can ask without a lock.
static WAITING: AtomicUsize = AtomicUsize::new(0);
