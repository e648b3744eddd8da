//! The waits that are going on, for the service thread to complete.

use std::cell::LazyCell;

use super::blocking::would_stop_a_runtime;
use super::completing::Completing;
use super::pending::Pending;
use super::quiet::is_quiet;
use crate::service::service;
use crate::stop::waiting::{self, Listener};
use crate::sync::lock;
use crate::sync::process::{Instant, Mutex, MutexGuard};
use crate::thread::unwind;

/// Hands a wait to the service thread, which completes it.
pub(crate) fn enter(pending: &Pending) {
    // Where nothing has been launched, there is nothing to wait for, and no need for the service thread.
    // On the thread of a current-thread runtime, see `one_is_quiet`.
    if !service::is_running() || would_stop_a_runtime() {
        pending.advance(Instant::now());
    }
    if pending.is_over() {
        return;
    }
    let _completing = Completing::begin();
    service::set_waits(maintain);
    waiting::begin(Listener {
        is_quiet: one_is_quiet,
        changed: one_may_be_over,
    });
    waits().push(pending.clone());
    // For a shutdown that nobody waits for.
    service::wake_or_retry();
}

/// A function became quiet: the service thread looks whether all is.
///
/// On the thread of a current-thread runtime, what can be completed is, here: until the service thread did so, the runtime
/// would have nothing to do, and the paused clock of tokio's tests then jumps to the next timer.
#[cold]
fn one_is_quiet() {
    if would_stop_a_runtime()
        && let Some(_completing) = Completing::begin()
        && is_quiet()
    {
        let pending = waits().clone();
        let now = Instant::now();
        for pending in &pending {
            pending.advance_and_wake(now);
        }
        for pending in pending {
            let _ = unwind::catch(|| drop(pending));
        }
    }
    service::wake();
}

/// Something else ended that a wait may be for: the service thread looks.
fn one_may_be_over() {
    service::wake();
}

/// Completes the waits that are over; returns the next deadline. Called by the service thread.
fn maintain(now: Instant) -> Option<Instant> {
    let pending = waits().clone();
    // Asked once for all of them: each was entered before.
    let all = LazyCell::new(is_quiet);
    for pending in &pending {
        pending.advance_with(now, &|| *all);
    }
    // Before the handles are counted: a wait that was entered meanwhile is in the list, and not in the copy.
    drop(pending);
    let mut waits = waits();
    let over: Vec<_> = waits
        .extract_if(.., |pending| pending.is_over() || pending.is_forgotten())
        .collect();
    waiting::end(over.len());
    let next = waits.iter().filter_map(Pending::next_look).min();
    drop(waits);
    // Off the lock, and with it wakers of somebody's executor.
    for pending in over {
        let _ = unwind::catch(|| drop(pending));
    }
    next
}

fn waits() -> MutexGuard<'static, Vec<Pending>> {
    static WAITS: Mutex<Vec<Pending>> = Mutex::new(Vec::new());
    lock(&WAITS)
}
