//! Chooses the tokio runtime of a launch, and keeps the crate's own runtime, which starts when a launch finds no other.
//!
//! Launches without a runtime wait in a list. The service thread (`OwnRuntime::maintain`) has the runtime started on a
//! thread of its own, spawns what waits, and after a shutdown ends the runtime, also on a thread of its own. So no caller
//! creates threads, and no lock is held while a runtime starts or ends. What waits has no bound of its own: it counts
//! against the `max_in_flight` of its function.

use std::io;
use std::mem;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{EnterGuard, Handle, Runtime};
use ::tokio::task::JoinHandle;

use super::{in_place, start};
use crate::report::set::AlreadySet;
use crate::service::service::{self, Background};
use crate::service::threads::ThreadSet;
use crate::stop::{phase, wait};
use crate::sync::process::Instant;
use crate::sync::{lock, lock_with_room};

/// Names the tokio runtime for launches on `"tokio"` from threads that are in none.
///
/// A launch uses the runtime that the caller is in; otherwise the one given here; otherwise one that the crate starts, off the
/// caller's path. So a launch never fails with "there is no reactor running". The guide says what the
/// [backend](crate::guide::backends) does beyond that.
///
/// # Errors
///
/// Fails if a handle has been set before, which stays in force.
///
/// # Examples
///
/// ```
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// async fn ping(host: String) {
///     println!("pinging {host}");
/// }
///
/// let runtime = tokio::runtime::Runtime::new()?;
/// fire_and_forget::set_tokio_handle(runtime.handle().clone())?;
/// ping("localhost".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_tokio_handle(handle: Handle) -> Result<(), AlreadySet> {
    GIVEN.set(handle).map_err(|_| AlreadySet(()))
}

/// Returns the runtime that a launch from this thread uses, if one has started.
pub(super) fn current() -> Option<Handle> {
    here().or_else(|| elsewhere().cloned())
}

/// Returns the runtime that this thread is in, unless that ends with its tasks: see `in_place.rs`.
#[inline]
pub(crate) fn here() -> Option<Handle> {
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

/// Queues `spawn` until the crate's own runtime has started. The caller creates no thread, unless the system refuses the
/// service thread.
pub(super) fn spawn_when_started(spawn: impl FnOnce(&Handle) -> JoinHandle<()> + Send + 'static) {
    register();
    let spawn = Box::new(spawn);
    lock_with_room(&WAITING).push(spawn);
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

/// Takes what waits for a runtime, oldest first.
pub(super) fn take_waiting() -> Vec<Spawn> {
    mem::take(&mut *lock(&WAITING))
}

/// Creates a thread that takes a value, and that the service thread joins. The value comes back if the system refuses it.
pub(super) fn create_thread<T: Send + 'static>(
    name: &str,
    value: T,
    run: impl FnOnce(T) + Send + 'static,
) -> Result<(), (T, io::Error)> {
    let builder = thread::Builder::new().name(name.into());
    let mut threads = lock(&THREADS);
    let created = threads.spawn_with(builder, value, run);
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
        // The guard in each future reports the launch as abandoned.
        drop(take_waiting());
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
    if lock(&WAITING).is_empty() {
        return None;
    }
    if let Some(handle) = elsewhere() {
        for spawn in take_waiting() {
            drop(spawn(handle));
        }
        return None;
    }
    match start::turn(now) {
        start::Turn::Now => create_thread("ff-tokio-start", (), |()| start::attempt())
            .err()
            .map(|((), error)| start::refused(&error, now)),
        start::Turn::UnderWay => None,
        start::Turn::Paused(until) => Some(until),
    }
}

/// Ends the runtime on a thread of its own, because the end waits up to [`JOIN`] for blocking tasks that bodies have spawned.
fn end(runtime: Runtime) {
    let shut_down = |runtime: Runtime| runtime.shutdown_timeout(JOIN);
    if let Err((runtime, _)) = create_thread("ff-tokio-end", runtime, shut_down) {
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
/// The launches that wait for a runtime.
static WAITING: Mutex<Vec<Spawn>> = Mutex::new(Vec::new());

/// How long the end of the runtime waits for its blocking tasks.
const JOIN: Duration = Duration::from_secs(1);
