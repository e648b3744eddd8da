//! Chooses the tokio runtime of a launch, and keeps the crate's own runtime, which starts when a launch finds no other.
//!
//! Launches without a runtime wait in a channel. The service thread (`OwnRuntime::maintain`) has the runtime started on a
//! thread of its own, spawns what waits, and after a shutdown ends the runtime, also on a thread of its own. So no caller
//! creates threads, and no lock is held while a runtime starts or ends. What waits has no bound of its own: it counts
//! against the `max_in_flight` of its function.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{EnterGuard, Handle, Runtime};
use ::tokio::task::JoinHandle;

use super::{in_place, start};
use crate::report::set::AlreadySet;
use crate::service::service::{self, Background};
use crate::service::threads::ThreadSet;
use crate::stop::{phase, wait};
use crate::sync::{lock, process::Instant};

/// Returns the runtime that a launch from this thread uses, if one has started.
pub(super) fn current() -> Option<Handle> {
    here().or_else(|| elsewhere().cloned())
}

/// Returns the runtime that this thread is in, unless that ends with its tasks: see `in_place.rs`.
#[inline]
pub(super) fn here() -> Option<Handle> {
    Handle::try_current().ok().filter(|_| !in_place::is_here())
}

/// Returns whether this thread can enter a runtime.
///
/// It cannot in the destructor of a thread-local that runs after tokio's own; a body that runs in place there runs without a
/// runtime.
pub(super) fn can_be_entered() -> bool {
    !Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// Enters a runtime, unless this thread is in it.
///
/// While tokio spawns, its thread can enter none; what it drops then may launch, and that body may run in place.
pub(super) fn enter(handle: &Handle) -> Option<EnterGuard<'_>> {
    let is_in_it = Handle::try_current().is_ok_and(|here| here.id() == handle.id());
    (!is_in_it).then(|| handle.enter())
}

/// Returns the runtime for threads that are in none, if one was set or has started.
pub(super) fn elsewhere() -> Option<&'static Handle> {
    GIVEN.get().or_else(|| OWN_HANDLE.get())
}

pub(super) fn set_handle(handle: Handle) -> Result<(), AlreadySet> {
    GIVEN.set(handle).map_err(|_| AlreadySet(()))
}

/// Queues `spawn` until the crate's own runtime has started. The caller creates no thread, unless the system refuses the
/// service thread.
pub(super) fn spawn_when_started(spawn: impl FnOnce(&Handle) -> JoinHandle<()> + Send + 'static) {
    register();
    // Cannot fail: the receiver lives in the same static.
    let _ = waiting().sender.send(Box::new(spawn));
    if !service::wake_or_retry() {
        // The system refuses the service thread, so this thread is the only one that can run it.
        in_place::run();
    }
}

/// Blocks until a runtime has started; for a body that needs one.
pub(super) fn start() -> io::Result<Handle> {
    register();
    start::wait()
}

/// Stores the crate's own runtime, which has just started.
pub(super) fn adopt_own(runtime: Runtime) {
    let handle = runtime.handle().clone();
    // Before the handle is set: a shutdown that comes in between finds the runtime and ends it.
    *lock(&OWN) = Some(runtime);
    let _ = OWN_HANDLE.set(handle);
}

/// Takes the oldest launch that waits for a runtime.
pub(super) fn next_waiting() -> Option<Spawn> {
    waiting().next()
}

/// Creates a thread that the service thread joins.
pub(super) fn create_thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().name(name.into());
    let mut threads = lock(&THREADS);
    let created = threads.spawn(builder, run);
    threads.add(created, Instant::now())
}

/// Registers the runtime with the service thread, which starts and ends it.
fn register() {
    service::register(&OwnRuntime);
}

/// The crate's own runtime, as the service thread maintains it.
struct OwnRuntime;

impl Background for OwnRuntime {
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        lock(&THREADS).join_finished(now);
        let next = tend_launches(now);
        lock(&THREADS).sooner(next)
    }

    fn has_threads(&self) -> bool {
        lock(&OWN).is_some() || !lock(&THREADS).is_over()
    }
}

/// Has the runtime started for launches that wait, spawns them, and ends the runtime after a shutdown.
///
/// Returns when to call this again, if no wake-up comes before.
fn tend_launches(now: Instant) -> Option<Instant> {
    if phase::has_ended() {
        while let Some(spawn) = waiting().next() {
            // The guard in its future reports the launch as abandoned.
            drop(spawn);
        }
        // Without quiet, the deadline has passed: running tasks go on until the process ends, as on the other backends.
        if wait::is_quiet() {
            // Locked until `end` has added its thread, so that `has_threads` is true all the time.
            let mut own = lock(&OWN);
            if let Some(runtime) = own.take() {
                end(runtime);
            }
        }
        return None;
    }
    if waiting().is_empty() {
        return None;
    }
    if let Some(handle) = elsewhere() {
        while let Some(spawn) = waiting().next() {
            drop(spawn(handle));
        }
        return None;
    }
    match start::turn(now) {
        start::Turn::Now => create_thread("ff-tokio-start", start::attempt)
            .err()
            .map(|error| start::refused(&error, now)),
        start::Turn::UnderWay => None,
        start::Turn::Paused(until) => Some(until),
    }
}

/// Ends the runtime on a thread of its own, because the end waits up to [`JOIN`] for blocking tasks that bodies have spawned.
fn end(runtime: Runtime) {
    let runtime = Arc::new(Mutex::new(Some(runtime)));
    let taken = Arc::clone(&runtime);
    let created = create_thread("ff-tokio-end", move || {
        let runtime = lock(&taken).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(JOIN);
        }
    });
    if created.is_err()
        && let Some(runtime) = lock(&runtime).take()
    {
        // The system refuses the thread, so the runtime ends without a wait.
        runtime.shutdown_background();
    }
}

pub(super) type Spawn = Box<dyn FnOnce(&Handle) -> JoinHandle<()> + Send>;

/// The runtime that the program has set.
static GIVEN: OnceLock<Handle> = OnceLock::new();
/// The crate's own runtime. Never locked while a runtime starts or ends.
static OWN: Mutex<Option<Runtime>> = Mutex::new(None);
/// The threads on which a runtime starts, ends, or is driven.
static THREADS: LazyLock<Mutex<ThreadSet>> = LazyLock::new(|| Mutex::new(ThreadSet::new()));
static OWN_HANDLE: OnceLock<Handle> = OnceLock::new();
/// Returns the launches that wait for a runtime.
///
/// Not `get_or_init` with the allocation inside: a global allocator of the user's may launch, and would wait for the cell
/// that its own thread is initializing.
fn waiting() -> &'static Waiting {
    static WAITING: OnceLock<Waiting> = OnceLock::new();
    if let Some(waiting) = WAITING.get() {
        return waiting;
    }
    let (sender, spawns) = mpsc::channel();
    let made = Waiting {
        sender,
        receiver: Mutex::new(Receiving {
            spawns,
            first: None,
        }),
    };
    WAITING.get_or_init(|| made)
}

struct Waiting {
    sender: Sender<Spawn>,
    receiver: Mutex<Receiving>,
}

struct Receiving {
    spawns: Receiver<Spawn>,
    /// A launch that `is_empty` has received: a channel has no other way to ask.
    first: Option<Spawn>,
}

impl Waiting {
    fn next(&self) -> Option<Spawn> {
        let mut receiver = lock(&self.receiver);
        let first = receiver.first.take();
        first.or_else(|| receiver.spawns.try_recv().ok())
    }

    fn is_empty(&self) -> bool {
        let mut receiver = lock(&self.receiver);
        if receiver.first.is_none() {
            receiver.first = receiver.spawns.try_recv().ok();
        }
        receiver.first.is_none()
    }
}

/// How long the end of the runtime waits for its blocking tasks.
const JOIN: Duration = Duration::from_secs(1);
