//! The one thread that outlives idleness: it creates threads, completes waits and drops what was abandoned.

use std::any::TypeId;
use std::cell::Cell;
use std::io;
use std::ptr;
use std::sync::atomic::Ordering;

use crate::report::line;
#[cfg(not(fire_and_forget_shuttle))]
use crate::service::backoff::Backoff;
use crate::stop::{fork, phase};
use crate::sync::process::thread::{self, Thread};
use crate::sync::process::{AtomicBool, Instant, Mutex, OnceLock, thread_local};
use crate::sync::{lock, lock_with_room};
use crate::thread::{body, unwind};

/// Makes the service thread look at everything again; starts it if need be. False if the system refuses it.
#[inline]
pub(crate) fn wake() -> bool {
    match THREAD.get() {
        Some(thread) => {
            notify(thread);
            true
        }
        None => start(),
    }
}

/// Once is enough until it looks again.
#[inline]
fn notify(thread: &Thread) {
    // SeqCst pairs with the swap in `run`: what was done before the call is seen by the look after it.
    if !IS_NOTIFIED.swap(true, Ordering::SeqCst) {
        thread.unpark();
    }
}

/// As [`wake`], for a launch, whose caller does not come back: where the system refuses the service thread, a smaller one
/// keeps asking for it. False if it refuses that one, too: then nobody will come, and the caller has to do it.
#[inline]
pub(crate) fn wake_or_retry() -> bool {
    wake() || retry_start()
}

pub(crate) fn is_running() -> bool {
    THREAD.get().is_some()
}

/// What the service thread maintains for a backend, or for another part of the crate: its threads, and what is left at the end.
pub(crate) trait Background: Sync + 'static {
    /// Its type.
    fn kind(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    /// Creates the threads that are wanted, joins those that are over, and after the end of a shutdown abandons
    /// what is queued. Returns when it wants to be called again without being woken.
    fn maintain(&'static self, now: Instant) -> Option<Instant>;

    /// Has it nothing queued, and no thread that is busy? A body that has ended leaves its thread busy for a moment.
    fn is_idle(&self) -> bool {
        true
    }

    /// Has it threads that have not been joined, or something else that a shutdown waits for?
    fn has_threads(&self) -> bool;
}

/// From now on the service thread maintains `backend`, too. Called before its first launch, as often as that may be thought to
/// be.
pub(crate) fn register(backend: &'static dyn Background) {
    // There, nothing is maintained, and the lock may be held for ever.
    if phase::is_forked() {
        return;
    }
    let mut backends = lock_with_room(&BACKENDS);
    // One without a size may be at the address of another: of a larger one, or of one more without.
    let is_it =
        |other: &&dyn Background| ptr::addr_eq(*other, backend) && other.kind() == backend.kind();
    if !backends.iter().any(is_it) {
        backends.push(backend);
    }
}

/// The same, once: what says that it has been done is looked at without a lock.
pub(crate) fn register_once(is_registered: &AtomicBool, backend: &'static dyn Background) {
    if !is_registered.load(Ordering::SeqCst) {
        register(backend);
        is_registered.store(true, Ordering::SeqCst);
    }
}

/// From now on the service thread calls this, too, each time it has maintained all. It is the same each time.
pub(crate) fn set_waits(maintain: fn(Instant) -> Option<Instant>) {
    let _ = WAITS.set(maintain);
}

/// Maintains all of them; returns the earliest time one of them asked for.
pub(crate) fn maintain_all(now: Instant) -> Option<Instant> {
    // Each by itself: what is called of the user's is caught where it is called, and one that was overlooked is to stop no other.
    let maintain =
        |backend: &'static dyn Background| unwind::catch(|| backend.maintain(now)).ok()?;
    backends().filter_map(maintain).min()
}

/// Is each backend ready for as many launches as it has room for?
pub(crate) fn are_idle() -> bool {
    backends().all(Background::is_idle)
}

/// Has any of them something that a shutdown waits for?
pub(crate) fn has_threads() -> bool {
    backends().any(Background::has_threads)
}

#[cold]
fn start() -> bool {
    fork::install();
    // There, nothing is left for it to do, and the lock may be held for ever.
    if phase::is_forked() {
        return false;
    }
    // A thread is allocated, and an allocator may launch: what calls on the way to the thread's start calls it when it is there.
    if IS_STARTING.with(|it| it.replace(true)) {
        return true;
    }
    let started = start_or_find();
    IS_STARTING.with(|it| it.set(false));
    match started {
        Ok(thread) => {
            // It may have looked at everything, and not seen what this caller wants, or what launched on the way.
            notify(thread);
            true
        }
        Err(error) => {
            tell_refused(&error);
            false
        }
    }
}

fn start_or_find() -> io::Result<&'static Thread> {
    let _starting = lock(&STARTING);
    if THREAD.get().is_none() {
        let builder = thread::Builder::new().name("fire-and-forget".into());
        let _ = THREAD.set(builder.spawn(run)?.thread().clone());
    }
    match THREAD.get() {
        Some(thread) => Ok(thread),
        None => unreachable!("it has just been set"),
    }
}

thread_local! {
    /// Is this thread in [`start`]?
    static IS_STARTING: Cell<bool> = const { Cell::new(false) };
    /// Does this thread ask for the small thread?
    #[cfg(not(fire_and_forget_shuttle))]
    static IS_STARTING_RETRY: Cell<bool> = const { Cell::new(false) };
}

/// In a schedule somebody always waits, who asks as often, and nobody forks.
#[cfg(fire_and_forget_shuttle)]
fn retry_start() -> bool {
    true
}

/// Has a thread with hardly any stack start the service thread, as soon as the system lets it.
#[cfg(not(fire_and_forget_shuttle))]
#[cold]
fn retry_start() -> bool {
    if phase::is_forked() {
        return false;
    }
    // An allocator that launches while this very thread asks: it runs its launch itself.
    if IS_STARTING_RETRY.with(|it| it.replace(true)) {
        return false;
    }
    let is_asked_for = spawn_retry_thread();
    IS_STARTING_RETRY.with(|it| it.set(false));
    is_asked_for
}

/// Others wait until it is known whether there is such a thread: they rely on it.
#[cfg(not(fire_and_forget_shuttle))]
fn spawn_retry_thread() -> bool {
    let _asking = lock(&RETRY_LOCK);
    if IS_RETRYING.swap(true, Ordering::SeqCst) {
        return true;
    }
    let builder = thread::Builder::new()
        .name("ff-retry".into())
        .stack_size(SMALL_STACK);
    let asking = builder.spawn(|| {
        let mut backoff = Backoff::of_refusals();
        while !wake() {
            thread::park_timeout(backoff.next_pause());
        }
        IS_RETRYING.store(false, Ordering::SeqCst);
    });
    if asking.is_err() {
        IS_RETRYING.store(false, Ordering::SeqCst);
    }
    asking.is_ok()
}

/// Says, once, why launches do not run.
pub(crate) fn tell_refused(error: &io::Error) {
    static TOLD: OnceLock<()> = OnceLock::new();
    if TOLD.set(()).is_ok() {
        line::note(format_args!(
            "launches wait, because the system refuses a thread: {error}"
        ));
    }
}

fn run() {
    body::claim_thread();
    loop {
        IS_NOTIFIED.swap(false, Ordering::SeqCst);
        let now = Instant::now();
        let waits = WAITS.get().and_then(|maintain| maintain(now));
        let next = [maintain_all(now), waits].into_iter().flatten().min();
        sleep_until(next);
    }
}

/// Sleeps until it is called, or until then.
///
/// Code of the user's that runs on this thread, a waker or a destructor, may block, and use up what it was unparked by:
/// only the flag says that it was called.
fn sleep_until(deadline: Option<Instant>) {
    while !IS_NOTIFIED.load(Ordering::SeqCst) {
        match deadline {
            None => thread::park(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return;
                }
                thread::park_timeout(left);
            }
        }
    }
}

/// All that are registered, each looked up by itself: a destructor of the user's may launch on a backend that is then
/// registered.
fn backends() -> impl Iterator<Item = &'static dyn Background> {
    (0..).map_while(|index| lock(&BACKENDS).get(index).copied())
}

static BACKENDS: Mutex<Vec<&'static dyn Background>> = Mutex::new(Vec::new());

static THREAD: OnceLock<Thread> = OnceLock::new();

/// Completes the waits that are over; returns when it is to be called again.
static WAITS: OnceLock<fn(Instant) -> Option<Instant>> = OnceLock::new();

/// Does a thread keep asking the system for it?
#[cfg(not(fire_and_forget_shuttle))]
static IS_RETRYING: AtomicBool = AtomicBool::new(false);
/// Locked while it is found out whether that thread can be had.
#[cfg(not(fire_and_forget_shuttle))]
static RETRY_LOCK: Mutex<()> = Mutex::new(());

/// Of a thread that runs no code of the user's. In bytes.
#[cfg(not(fire_and_forget_shuttle))]
const SMALL_STACK: usize = 64 << 10;

/// Is it to look at everything again?
static IS_NOTIFIED: AtomicBool = AtomicBool::new(false);

/// Held while the thread is being created. Others wait for that, so that none of their wake-ups is lost.
static STARTING: Mutex<()> = Mutex::new(());
