//! The runtime of a launch, and the care for the one that starts by itself where there is none.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Handle, Runtime};
use ::tokio::task::JoinHandle;

use super::{in_place, start};
use crate::report::set::AlreadySet;
use crate::service::service::{self, Background};
use crate::service::threads::ThreadSet;
use crate::stop::{phase, wait};
use crate::sync::{lock, process::Instant};

/// The runtime that a launch from this thread uses, if there is one yet.
pub(super) fn current() -> Option<Handle> {
    here().or_else(|| elsewhere().cloned())
}

/// The runtime that this thread is in.
#[inline]
pub(super) fn here() -> Option<Handle> {
    Handle::try_current().ok().filter(|_| !in_place::is_here())
}

/// May this thread enter a runtime? Not in the destructor of a thread-local that comes after tokio's own: there a body that is run
/// in place has to do without.
pub(super) fn can_be_entered() -> bool {
    !Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// The runtime for threads that are in none, if there is one yet.
pub(super) fn elsewhere() -> Option<&'static Handle> {
    GIVEN.get().or_else(|| OWN_HANDLE.get())
}

pub(super) fn set_handle(handle: Handle) -> Result<(), AlreadySet> {
    GIVEN.set(handle).map_err(|_| AlreadySet(()))
}

/// Has a runtime started, which then runs `spawn`: creating threads is nothing for a caller.
///
/// The queue has no bound of its own: what is in it counts against its function's `max_in_flight`.
pub(super) fn spawn_when_started(spawn: impl FnOnce(&Handle) -> JoinHandle<()> + Send + 'static) {
    register();
    // The receiver is in the same static.
    let _ = waiting().sender.send(Box::new(spawn));
    if !service::wake_or_retry() {
        // Nobody else is there who could run it.
        in_place::run();
    }
}

/// Waits until there is a runtime, for a body.
pub(super) fn start() -> io::Result<Handle> {
    register();
    start::wait()
}

/// Takes the crate's own runtime in.
pub(super) fn adopt_own(runtime: Runtime) {
    let handle = runtime.handle().clone();
    // First, so that a shutdown that comes now ends it.
    *lock(&OWN) = Some(runtime);
    let _ = OWN_HANDLE.set(handle);
}

/// Takes the oldest launch out that waits for a runtime.
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

/// Puts the runtime in the care of the service thread, whoever starts it.
fn register() {
    service::register(&OwnRuntime);
}

/// The runtime that starts by itself, in the care of the service thread.
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

/// Has the runtime start for launches that wait for it, and end with a shutdown; returns when to go on.
fn tend_launches(now: Instant) -> Option<Instant> {
    if phase::has_ended() {
        while let Some(spawn) = waiting().next() {
            // The guard in the future reports it as abandoned.
            drop(spawn);
        }
        // After a deadline, what is running goes on until the process ends, as on the other backends.
        if wait::is_quiet() {
            // Locked until its thread is added: to others, it always has one.
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

/// Ends the runtime on a thread of its own: it waits for its blocking tasks, which bodies may have left to it, for a while.
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
        // The system refuses threads.
        runtime.shutdown_background();
    }
}

pub(super) type Spawn = Box<dyn FnOnce(&Handle) -> JoinHandle<()> + Send>;

static GIVEN: OnceLock<Handle> = OnceLock::new();
/// Locked for moments only: never while a runtime starts or ends.
static OWN: Mutex<Option<Runtime>> = Mutex::new(None);
/// Those on which a runtime starts and ends.
static THREADS: LazyLock<Mutex<ThreadSet>> = LazyLock::new(|| Mutex::new(ThreadSet::new()));
static OWN_HANDLE: OnceLock<Handle> = OnceLock::new();
/// Launches that came before the runtime.
///
/// Made before it is set: an allocator may launch, and would wait for what its own thread is making.
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
    /// What was received to see whether there is any.
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

const JOIN: Duration = Duration::from_secs(1);
