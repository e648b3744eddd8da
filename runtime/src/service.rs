//! The one thread that outlives idleness: it creates threads, keeps deadlines and drops what was given up.

use std::time::Duration;

use crate::observer::Loss;
use crate::observer::stderr;
use crate::ring::Ring;
use crate::sync::lock;
use crate::sync::process::thread::{self, Thread};
use crate::sync::process::{Instant, Mutex, MutexGuard, OnceLock};
use crate::task::Task;
use crate::{body, fork, shutdown, wait};

/// Makes the service thread look at everything again; starts it if need be. False if the system refuses it.
#[inline]
pub(crate) fn wake() -> bool {
    match THREAD.get() {
        Some(thread) => {
            thread.unpark();
            true
        }
        None => start(),
    }
}

pub(crate) fn is_running() -> bool {
    THREAD.get().is_some()
}

/// A backend whose threads the service thread creates and joins.
pub(crate) trait Tended: Sync {
    /// Creates the threads that are wanted, joins those that are over, and after the end of a shutdown abandons
    /// what is queued. Returns when it wants to be called again without being woken.
    fn tend(&'static self, now: Instant) -> Option<Instant>;

    /// Has it threads that have not been joined?
    fn has_threads(&self) -> bool;
}

/// From now on the service thread looks after `backend`, too.
pub(crate) fn adopt(backend: &'static dyn Tended) {
    backends().push(backend);
}

/// Drops an evicted launch off the caller's path: its arguments' destructors are the user's code.
pub(crate) fn evict(task: Task) {
    let mut task = Some(task);
    if evicted().push(&mut task) && !wake() {
        // The system refuses the thread: there is nobody else.
        drop_evicted();
    }
    // More than the service thread can drop: whoever evicts so fast has to help, or memory would grow.
    if let Some(task) = task {
        task.lose(Loss::Evicted);
    }
}

/// Tends all backends; returns the earliest time one of them asked for.
pub(crate) fn tend_backends(now: Instant) -> Option<Instant> {
    // A copy, because a destructor of the user's may launch on a backend that is then adopted.
    let backends = backends().clone();
    backends
        .into_iter()
        .filter_map(|backend| backend.tend(now))
        .min()
}

/// Has any backend threads that have not been joined?
pub(crate) fn has_threads() -> bool {
    let backends = backends().clone();
    backends.iter().any(|backend| backend.has_threads())
}

#[cold]
fn start() -> bool {
    fork::install();
    // There, nothing is left for it to do, and the lock may be held for ever.
    if shutdown::is_forked() {
        return false;
    }
    let _starting = lock(&STARTING);
    if let Some(thread) = THREAD.get() {
        // Started by another caller meanwhile: it may have looked at everything, and not seen what this one wants.
        thread.unpark();
    } else {
        match thread::Builder::new()
            .name("fire-and-forget".into())
            .spawn(run)
        {
            Ok(handle) => {
                let _ = THREAD.set(handle.thread().clone());
            }
            Err(error) => {
                static TOLD: OnceLock<()> = OnceLock::new();
                if TOLD.set(()).is_ok() {
                    stderr::note(format_args!(
                        "launches wait, because the system refuses a thread: {error}"
                    ));
                }
                return false;
            }
        }
    }
    true
}

fn run() {
    body::claim_thread();
    loop {
        let rest = drop_evicted();
        let now = Instant::now();
        let next = [rest, tend_backends(now), wait::tend(now), stderr::tend(now)]
            .into_iter()
            .flatten()
            .min();
        match next {
            None => thread::park(),
            Some(next) => thread::park_timeout(next.saturating_duration_since(Instant::now())),
        }
    }
}

/// Drops what was evicted, for a while: destructors that take long must not hold up the rest for longer. Returns when to
/// go on.
fn drop_evicted() -> Option<Instant> {
    let begun = Instant::now();
    while let Some(task) = evicted().pop() {
        task.lose(Loss::Evicted);
        if begun.elapsed() > A_WHILE {
            return Some(begun);
        }
    }
    None
}

fn backends() -> MutexGuard<'static, Vec<&'static dyn Tended>> {
    static BACKENDS: Mutex<Vec<&'static dyn Tended>> = Mutex::new(Vec::new());
    lock(&BACKENDS)
}

fn evicted() -> &'static Ring<Task, ()> {
    static EVICTED: OnceLock<Ring<Task, ()>> = OnceLock::new();
    EVICTED.get_or_init(|| Ring::new(1024, ()))
}

const A_WHILE: Duration = Duration::from_millis(1);

static THREAD: OnceLock<Thread> = OnceLock::new();

/// Held while the thread is being created. Others wait for that, so that none of their wake-ups is lost.
static STARTING: Mutex<()> = Mutex::new(());
