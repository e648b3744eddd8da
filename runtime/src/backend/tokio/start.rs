//! Starts the crate's own runtime while the system may refuse threads: one attempt at a time, with backoff after a refusal.
//!
//! An attempt runs on a thread that the service thread creates, or on a worker whose body waits for the runtime (`wait`); a
//! body so depends on no other thread's progress. No lock is held during an attempt. Tokio has no answer to a refused
//! thread: it panics, leaks the runtime, and waits for the workers that have started. So an attempt first creates as many
//! threads and lets them end (`try_threads`), and a gate keeps the workers from running before all of them exist (`Gate`).
//!
//! If the system refuses for [`GRACE`], bodies no longer wait, so that queued work can go on that may free threads
//! and descriptors; one body at a time still does, with a pause in between.

use std::io;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Builder, Handle, Runtime};

use super::runtime;
use crate::report::line;
use crate::service::backoff::Backoff;
use crate::service::service;
use crate::stop::phase;
use crate::sync::{lock, process::Instant};
use crate::thread::unwind;

/// Makes an attempt, unless one is under way, the backoff is not over, or a runtime has started.
///
/// Holds no lock meanwhile, and takes at most 1 s longer than the system takes to create the threads.
pub(super) fn attempt() {
    if !lock(&ATTEMPTS).begin(Instant::now()) {
        return;
    }
    let refusal = build().map(runtime::adopt_own).err();
    let mut attempts = lock(&ATTEMPTS);
    attempts.is_under_way = false;
    attempts.ended += 1;
    if let Some(error) = &refusal {
        attempts.failed(error, Instant::now());
    }
    drop(attempts);
    ENDED.notify_all();
    // The service thread spawns what waits, or asks again after the backoff.
    service::wake();
    if let Some(error) = &refusal {
        tell(error);
    }
}

/// Notes that the system has refused the thread for an attempt. Returns when to try again.
pub(super) fn refused(error: &io::Error, now: Instant) -> Instant {
    let retry_at = lock(&ATTEMPTS).failed(error, now);
    tell(error);
    retry_at
}

/// Writes to standard error, once per process, why launches do not run. Called without the lock, because standard error may
/// block.
fn tell(error: &io::Error) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        line::note(format_args!(
            "launches wait, because no tokio runtime can be started: {error}"
        ));
    }
}

/// What the service thread does about launches that wait for a runtime.
pub(super) enum Turn {
    /// Begin an attempt.
    Now,
    /// Wait for the attempt that is under way, which wakes the service thread when it ends.
    UnderWay,
    /// Wait until the backoff is over.
    Paused(Instant),
}

/// Returns what to do about launches that wait for a runtime.
pub(super) fn turn(now: Instant) -> Turn {
    let attempts = lock(&ATTEMPTS);
    match attempts.backoff_until(now) {
        _ if attempts.is_under_way => Turn::UnderWay,
        Some(until) => Turn::Paused(until),
        None => Turn::Now,
    }
}

/// Blocks a body's thread until a runtime has started.
///
/// The thread makes attempts itself, so it depends on no other thread's progress.
///
/// # Errors
///
/// Fails if the system has refused a runtime for [`GRACE`]: other work that is queued for this thread may free descriptors or
/// threads. From then on, one body at a time waits for one more attempt, with [`Backoff::LONGEST_OF_REFUSALS`] between two of
/// them.
pub(super) fn wait() -> io::Result<Handle> {
    let mut attempts = lock(&ATTEMPTS);
    let ended = attempts.ended;
    let mut is_last_attempt = false;
    let result = loop {
        if let Some(handle) = runtime::elsewhere() {
            break Ok(handle.clone());
        }
        let now = Instant::now();
        if attempts.is_under_way {
            attempts = ENDED.wait(attempts).unwrap_or_else(PoisonError::into_inner);
        } else if let Some(until) = attempts.backoff_until(now) {
            if attempts.is_lasting(now) {
                let is_over = attempts.ended != ended || phase::has_ended();
                is_last_attempt = is_last_attempt || !is_over && attempts.allows_last_attempt(now);
                if is_over || !is_last_attempt {
                    break Err(io::Error::other(attempts.error.clone()));
                }
            }
            let backoff = until.saturating_duration_since(now);
            let woken = ENDED.wait_timeout(attempts, backoff);
            attempts = woken.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            drop(attempts);
            attempt();
            attempts = lock(&ATTEMPTS);
        }
    };
    if is_last_attempt {
        attempts.has_last_attempt = false;
        attempts.last_attempt_again_at = Some(Instant::now() + Backoff::LONGEST_OF_REFUSALS);
    }
    result
}

/// The attempts to start a runtime, and the backoff between them.
struct Attempts {
    is_under_way: bool,
    backoff: Backoff,
    first_refused_at: Option<Instant>,
    /// The error of the last attempt.
    error: String,
    /// The number of attempts that have ended.
    ended: u64,
    /// Whether a body waits for a last attempt, although the system has refused for [`GRACE`].
    has_last_attempt: bool,
    /// When another body may do so. The pause lets a pool of one thread run other bodies.
    last_attempt_again_at: Option<Instant>,
}

impl Attempts {
    /// Begins an attempt if one may begin now; returns whether it did.
    fn begin(&mut self, now: Instant) -> bool {
        let may_begin = !self.is_under_way
            && self.backoff_until(now).is_none()
            && runtime::elsewhere().is_none();
        self.is_under_way |= may_begin;
        may_begin
    }

    /// Returns when the backoff is over, if it is not.
    fn backoff_until(&self, now: Instant) -> Option<Instant> {
        self.backoff.until(now)
    }

    /// Returns whether the system has refused for [`GRACE`].
    fn is_lasting(&self, now: Instant) -> bool {
        self.first_refused_at
            .is_some_and(|first| now.saturating_duration_since(first) >= GRACE)
    }

    /// Returns whether the calling body may wait for a last attempt; no other body may until it has ended.
    fn allows_last_attempt(&mut self, now: Instant) -> bool {
        let allows_last_attempt =
            !self.has_last_attempt && self.last_attempt_again_at.is_none_or(|at| at <= now);
        self.has_last_attempt |= allows_last_attempt;
        allows_last_attempt
    }

    /// Notes a refusal, and doubles the backoff. Returns when to try again.
    fn failed(&mut self, error: &io::Error, now: Instant) -> Instant {
        self.first_refused_at.get_or_insert(now);
        self.error = error.to_string();
        self.backoff.failed(now)
    }
}

/// Builds a multi-thread runtime.
///
/// Tokio panics if the system refuses a thread, and leaks the descriptors and the memory of the runtime. So as many threads
/// are tried first.
fn build() -> io::Result<Runtime> {
    try_threads(workers().saturating_add(1))?;
    let gate = Arc::new(Gate::new());
    let (named, started) = (Arc::clone(&gate), Arc::clone(&gate));
    let runtime = unwind::catch(|| {
        Builder::new_multi_thread()
            .thread_name_fn(move || {
                named.goes_on();
                "ff-tokio".into()
            })
            .on_thread_start(move || started.pass())
            .enable_all()
            .build()
    })
    .map_err(|panic| io::Error::other(panic.message().to_owned()))??;
    if gate.open() {
        Ok(runtime)
    } else {
        runtime.shutdown_background();
        Err(io::Error::from(io::ErrorKind::TimedOut))
    }
}

/// Creates `count` threads that exist at the same time, and joins them. Fails if the system refuses one.
fn try_threads(count: usize) -> io::Result<()> {
    let until_all_are_there = Mutex::new(());
    thread::scope(|scope| {
        let held = lock(&until_all_are_there);
        let threads: io::Result<Vec<_>> = (0..count)
            .map(|_| {
                let builder = thread::Builder::new().name("ff-tokio-try".into());
                builder.spawn_scoped(scope, || drop(lock(&until_all_are_there)))
            })
            .collect();
        drop(held);
        for thread in threads? {
            // Joined one by one: at the end of the scope, their closures have returned, but the threads may still exist.
            let _ = thread.join();
        }
        Ok(())
    })
}

/// Returns the number of workers that tokio will create.
fn workers() -> usize {
    let named = std::env::var("TOKIO_WORKER_THREADS").ok();
    named
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// Holds the workers of a runtime back until all of them have been created.
///
/// If the system refuses one, tokio waits for the workers that run already, and they never end. Workers in the gate do not run
/// yet: they give up after [`PATIENCE`], and unwind.
struct Gate {
    /// Set once all workers exist. Read without the lock by threads that tokio creates later.
    is_open: AtomicBool,
    progress: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    /// When tokio began to create its latest thread.
    at: Instant,
    is_given_up: bool,
}

impl Gate {
    fn new() -> Self {
        Self {
            is_open: AtomicBool::new(false),
            progress: Mutex::new(Progress {
                at: Instant::now(),
                is_given_up: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Notes that tokio is about to create a thread.
    fn goes_on(&self) {
        if !self.is_open.load(Ordering::Acquire) {
            lock(&self.progress).at = Instant::now();
        }
    }

    /// Lets the workers run. Returns false if they have given up before.
    fn open(&self) -> bool {
        let progress = lock(&self.progress);
        self.is_open.store(!progress.is_given_up, Ordering::Release);
        self.changed.notify_all();
        !progress.is_given_up
    }

    /// Blocks a worker until the gate opens. Ends the thread if tokio takes over [`PATIENCE`] to create the next one.
    fn pass(&self) {
        let mut progress = lock(&self.progress);
        while !self.is_open.load(Ordering::Acquire) && !progress.is_given_up {
            let left = PATIENCE.saturating_sub(progress.at.elapsed());
            if left.is_zero() {
                progress.is_given_up = true;
                self.changed.notify_all();
            } else {
                progress = self
                    .changed
                    .wait_timeout(progress, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
        let is_given_up = progress.is_given_up;
        drop(progress);
        if is_given_up {
            // Unwinds without the panic hook. Tokio, which waits for this thread to end, then goes on.
            resume_unwind(Box::new("the system refuses another thread"));
        }
    }
}

static ATTEMPTS: Mutex<Attempts> = Mutex::new(Attempts {
    is_under_way: false,
    backoff: Backoff::of_refusals(),
    first_refused_at: None,
    error: String::new(),
    ended: 0,
    has_last_attempt: false,
    last_attempt_again_at: None,
});
/// Notified when an attempt has ended.
static ENDED: Condvar = Condvar::new();

/// How long all bodies wait while the system refuses a runtime.
const GRACE: Duration = Duration::from_secs(1);
/// How long tokio may take to create one thread.
const PATIENCE: Duration = Duration::from_secs(1);
