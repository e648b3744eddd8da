//! Starts the crate's own runtime, on whichever thread of ours: one attempt at a time, with pauses after refusals.

use std::io;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Builder, Handle, Runtime};

use super::runtime;
use crate::report::stderr;
use crate::service::service;
use crate::stop::phase;
use crate::sync::{lock, process::Instant};
use crate::thread::unwind;

/// Makes an attempt, unless one is under way or the backoff after the last one is not over. No lock is held meanwhile, and it
/// takes at most a second longer than the system takes to create the threads.
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
    // To spawn what waits, or to come back after the backoff.
    service::wake();
    if let Some(error) = &refusal {
        tell(error);
    }
}

/// The system refuses the thread for an attempt. Returns when to ask again.
pub(super) fn refused(error: &io::Error, now: Instant) -> Instant {
    let retry_at = lock(&ATTEMPTS).failed(error, now);
    tell(error);
    retry_at
}

/// Says, once, why launches do not run. Off the lock, since standard error may be held by others.
fn tell(error: &io::Error) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        stderr::note(format_args!(
            "launches wait, because no tokio runtime can be started: {error}"
        ));
    }
}

/// What becomes of a wish for a runtime.
pub(super) enum Turn {
    /// An attempt may begin.
    Now,
    /// It wakes the service thread when it ends.
    UnderWay,
    Paused(Instant),
}

pub(super) fn turn(now: Instant) -> Turn {
    let attempts = lock(&ATTEMPTS);
    match attempts.backoff_until(now) {
        _ if attempts.is_under_way => Turn::UnderWay,
        Some(until) => Turn::Paused(until),
        None => Turn::Now,
    }
}

/// Waits for the runtime, for a body: its thread makes an attempt itself, so it depends on no other thread's progress.
///
/// # Errors
///
/// When the system has refused it for [`GRACE`]: what else is queued for this thread may be what frees descriptors or
/// threads. From then on, one body at a time waits for the next attempt, and in between for a while none.
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
        attempts.last_attempt_again_at = Some(Instant::now() + MAX_BACKOFF);
    }
    result
}

struct Attempts {
    is_under_way: bool,
    retry_at: Option<Instant>,
    /// After the next refusal.
    backoff: Duration,
    first_refused_at: Option<Instant>,
    /// What the last one failed with.
    error: String,
    /// How many have ended.
    ended: u64,
    /// Does a body wait for the next one, though refusals have lasted for long?
    has_last_attempt: bool,
    /// When another one may: a pool of one thread has other things to do.
    last_attempt_again_at: Option<Instant>,
}

impl Attempts {
    fn begin(&mut self, now: Instant) -> bool {
        let may_begin = !self.is_under_way
            && self.backoff_until(now).is_none()
            && runtime::elsewhere().is_none();
        self.is_under_way |= may_begin;
        may_begin
    }

    fn backoff_until(&self, now: Instant) -> Option<Instant> {
        self.retry_at.filter(|retry_at| now < *retry_at)
    }

    /// Has the system refused it for long?
    fn is_lasting(&self, now: Instant) -> bool {
        self.first_refused_at
            .is_some_and(|first| now.saturating_duration_since(first) >= GRACE)
    }

    /// May a body wait for the next one, though refusals have lasted for long? Then it is the only one.
    fn allows_last_attempt(&mut self, now: Instant) -> bool {
        let allows_last_attempt =
            !self.has_last_attempt && self.last_attempt_again_at.is_none_or(|at| at <= now);
        self.has_last_attempt |= allows_last_attempt;
        allows_last_attempt
    }

    fn failed(&mut self, error: &io::Error, now: Instant) -> Instant {
        self.first_refused_at.get_or_insert(now);
        self.error = error.to_string();
        let retry_at = now + self.backoff;
        self.retry_at = Some(retry_at);
        self.backoff = (self.backoff * 2).min(MAX_BACKOFF);
        retry_at
    }
}

/// Tokio panics where the system refuses a thread, and keeps the descriptors and the memory of the runtime for ever. So
/// threads are tried first.
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

/// Has the system create so many threads at once, which then end.
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
            // Joined here: at the end of the scope, they may still be there.
            let _ = thread.join();
        }
        Ok(())
    })
}

/// As many as tokio will have.
fn workers() -> usize {
    let named = std::env::var("TOKIO_WORKER_THREADS").ok();
    named
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// Keeps the workers of a runtime from beginning before all of them are there.
///
/// Where the system refuses one, tokio waits for those that have begun, and they never end. Here they have not begun.
struct Gate {
    /// For the threads that tokio creates later.
    is_open: AtomicBool,
    progress: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    /// When tokio went on to the next thread.
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

    /// Tokio is about to create a thread.
    fn goes_on(&self) {
        if !self.is_open.load(Ordering::Acquire) {
            lock(&self.progress).at = Instant::now();
        }
    }

    /// All workers are there. False if they have been given up.
    fn open(&self) -> bool {
        let progress = lock(&self.progress);
        self.is_open.store(!progress.is_given_up, Ordering::Release);
        self.changed.notify_all();
        !progress.is_given_up
    }

    /// Waits until it is open; ends the thread if that takes too long.
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
            // Past the panic hook. Tokio, which waits for this thread, then goes on.
            resume_unwind(Box::new("the system refuses another thread"));
        }
    }
}

static ATTEMPTS: Mutex<Attempts> = Mutex::new(Attempts {
    is_under_way: false,
    retry_at: None,
    backoff: MIN_BACKOFF,
    first_refused_at: None,
    error: String::new(),
    ended: 0,
    has_last_attempt: false,
    last_attempt_again_at: None,
});
/// An attempt has.
static ENDED: Condvar = Condvar::new();

/// For how long all bodies wait while the system refuses a runtime.
const GRACE: Duration = Duration::from_secs(1);
/// How long tokio may take to create one thread.
const PATIENCE: Duration = Duration::from_secs(1);
const MIN_BACKOFF: Duration = Duration::from_millis(10);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
