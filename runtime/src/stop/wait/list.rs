//! The waits that are going on, for the service thread to complete.

use std::cell::{Cell, LazyCell};
use std::sync::atomic::Ordering;

use super::pending::Pending;
use super::scope::Scope;
use super::wait::would_stop_a_runtime;
use crate::account::functions;
use crate::account::site::Site;
use crate::service::service;
use crate::stop::waiting::{self, Told};
use crate::sync::lock;
use crate::sync::process::{AtomicUsize, Instant, Mutex, MutexGuard, thread_local};
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
    waiting::begin(Told {
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

/// This thread completes waits, or changes what is known of them: what ends meanwhile, because a waker or an allocator
/// launches, is left to the service thread.
pub(super) struct Completing(());

impl Completing {
    pub(super) fn begin() -> Option<Self> {
        (!IS_COMPLETING.with(|it| it.replace(true))).then_some(Self(()))
    }
}

impl Drop for Completing {
    fn drop(&mut self) {
        IS_COMPLETING.with(|it| it.set(false));
    }
}

thread_local! {
    static IS_COMPLETING: Cell<bool> = const { Cell::new(false) };
}

/// Something else ended that a wait may be for: the service thread looks.
fn one_may_be_over() {
    service::wake();
}

/// Completes the waits that are over; returns the next deadline. Called by the service thread.
pub(crate) fn maintain(now: Instant) -> Option<Instant> {
    let pending = waits().clone();
    // Asked once for all of them: each was entered before.
    let all = LazyCell::new(is_quiet);
    for pending in &pending {
        pending.advance_with(now, &|scope| match scope {
            Scope::All => *all,
            Scope::Pool(_) | Scope::Shutdown => scope.is_quiet(),
            #[cfg(feature = "durable")]
            Scope::Stored => scope.is_quiet(),
        });
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

/// Has everything ended that was launched, but for daemons?
///
/// All ends are read before all launches: if the sums are equal, there was a moment between the two when nothing
/// was in flight on any backend. That is asked only where each function by itself is quiet; one that was not is looked
/// at first the next time, so that an answer of no mostly takes one look.
pub(crate) fn is_quiet() -> bool {
    let all = || functions::all().filter(|site| !site.is_daemon());
    let is_busy = |site: &Site| !site.is_daemon() && !site.is_quiet();
    if functions::at(BUSY.load(Ordering::Relaxed)).is_some_and(is_busy) {
        return false;
    }
    let mut functions = functions::all().enumerate();
    if let Some((index, _)) = functions.find(|(_, site)| is_busy(site)) {
        BUSY.store(index, Ordering::Relaxed);
        return false;
    }
    let ended: u64 = all().map(|site| site.counts().ended()).sum();
    let launched: u64 = all().map(Site::launched).sum();
    // Last: whoever is told of quiet may launch again, and finds threads that are idle.
    ended == launched && service::are_idle()
}

fn waits() -> MutexGuard<'static, Vec<Pending>> {
    static WAITS: Mutex<Vec<Pending>> = Mutex::new(Vec::new());
    lock(&WAITS)
}

/// The number of a function that was not quiet when it was last looked for one.
static BUSY: AtomicUsize = AtomicUsize::new(0);
