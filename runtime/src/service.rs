//! The one thread that outlives idleness: it creates threads, completes waits and drops what was abandoned.

use std::io;

use crate::observer::stderr;
use crate::sync::lock;
use crate::sync::process::thread::{self, Thread};
use crate::sync::process::{Instant, Mutex, MutexGuard, OnceLock};
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
                tell_refused(&error);
                return false;
            }
        }
    }
    true
}

/// Says, once, why launches do not run.
pub(crate) fn tell_refused(error: &io::Error) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        stderr::note(format_args!(
            "launches wait, because the system refuses a thread: {error}"
        ));
    }
}

fn run() {
    body::claim_thread();
    loop {
        let now = Instant::now();
        let next = [tend_backends(now), wait::tend(now), stderr::tend(now)]
            .into_iter()
            .flatten()
            .min();
        match next {
            None => thread::park(),
            Some(next) => thread::park_timeout(next.saturating_duration_since(Instant::now())),
        }
    }
}

fn backends() -> MutexGuard<'static, Vec<&'static dyn Tended>> {
    static BACKENDS: Mutex<Vec<&'static dyn Tended>> = Mutex::new(Vec::new());
    lock(&BACKENDS)
}

static THREAD: OnceLock<Thread> = OnceLock::new();

/// Held while the thread is being created. Others wait for that, so that none of their wake-ups is lost.
static STARTING: Mutex<()> = Mutex::new(());
