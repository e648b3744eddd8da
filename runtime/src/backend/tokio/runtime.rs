//! The runtime of a launch, and the one that starts by itself where there is none.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Builder, Handle, Runtime};

use crate::backend::crew::Crew;
use crate::observer::set::AlreadySet;
use crate::observer::stderr;
use crate::service::{self, Tended};
use crate::sync::{lock, process::Instant};
use crate::{shutdown, unwind, wait};

/// The runtime that a launch from this thread uses, if there is one yet.
pub(super) fn current() -> Option<Handle> {
    Handle::try_current().ok().or_else(|| elsewhere().cloned())
}

/// The runtime for threads that are in none, if there is one yet.
pub(super) fn elsewhere() -> Option<&'static Handle> {
    GIVEN.get().or_else(|| OWN_HANDLE.get())
}

pub(super) fn set_handle(handle: Handle) -> Result<(), AlreadySet> {
    GIVEN.set(handle).map_err(|_| AlreadySet(()))
}

/// Has the service thread start a runtime, which then runs `spawn`: creating threads is nothing for a caller.
///
/// The queue has no bound of its own: what is in it counts against its function's `max_in_flight`.
pub(super) fn spawn_when_started(spawn: impl FnOnce(&Handle) + Send + 'static) {
    adopt();
    // The receiver is in the same static.
    let _ = WAITING.sender.send(Box::new(spawn));
    if !service::wake_for_sure() {
        // Nobody else is there who could start it.
        OwnRuntime.tend(Instant::now());
    }
}

/// Starts the runtime on this thread, which is one of ours.
pub(super) fn start() -> io::Result<Handle> {
    adopt();
    let mut own = lock(&OWN);
    if let Some(handle) = OWN_HANDLE.get() {
        return Ok(handle.clone());
    }
    // Where the system refuses a thread, tokio panics.
    let runtime = unwind::catch(|| {
        Builder::new_multi_thread()
            .thread_name("ff-tokio")
            .enable_all()
            .build()
    })
    .map_err(|panic| io::Error::other(panic.message().to_owned()))??;
    let handle = OWN_HANDLE.get_or_init(|| runtime.handle().clone()).clone();
    *own = Some(runtime);
    Ok(handle)
}

/// Puts the runtime in the care of the service thread, whoever starts it.
fn adopt() {
    static ADOPTED: OnceLock<()> = OnceLock::new();
    ADOPTED.get_or_init(|| service::adopt(&OwnRuntime));
}

/// The runtime that starts by itself, in the care of the service thread.
struct OwnRuntime;

impl Tended for OwnRuntime {
    fn tend(&'static self, now: Instant) -> Option<Instant> {
        if shutdown::has_ended() {
            while let Some(spawn) = WAITING.next() {
                // The guard in the future reports it as abandoned.
                drop(spawn);
            }
            // After a deadline, what is running goes on until the process ends, as on the other backends.
            if wait::is_quiet() {
                // Locked until its thread is enlisted: to others, it always has one.
                let mut own = lock(&OWN);
                if let Some(runtime) = own.take() {
                    end(runtime, now);
                }
            }
            lock(&ENDING).join();
            return None;
        }
        if let Some(retry_at) = WAITING.paused_until(now) {
            return Some(retry_at);
        }
        let first = WAITING.next()?;
        match start() {
            Ok(handle) => {
                first(&handle);
                while let Some(spawn) = WAITING.next() {
                    spawn(&handle);
                }
                None
            }
            Err(error) => {
                let retry_at = now + RETRY;
                WAITING.put_back(first, retry_at);
                stderr::note(format_args!(
                    "launches wait, because no tokio runtime can be started: {error}"
                ));
                Some(retry_at)
            }
        }
    }

    fn has_threads(&self) -> bool {
        lock(&OWN).is_some() || !lock(&ENDING).is_empty()
    }
}

/// Ends the runtime on a thread of its own: it waits for its blocking tasks, which bodies may have left to it, for a while.
fn end(runtime: Runtime, now: Instant) {
    let runtime = Arc::new(Mutex::new(Some(runtime)));
    let taken = Arc::clone(&runtime);
    let builder = thread::Builder::new().name("ff-tokio-end".into());
    let mut ending = lock(&ENDING);
    let created = ending.create(builder, move || {
        let runtime = lock(&taken).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(JOIN);
        }
    });
    if ending.enlist(created, now).is_err()
        && let Some(runtime) = lock(&runtime).take()
    {
        // The system refuses threads.
        runtime.shutdown_background();
    }
}

type Spawn = Box<dyn FnOnce(&Handle) + Send>;

static GIVEN: OnceLock<Handle> = OnceLock::new();
static OWN: Mutex<Option<Runtime>> = Mutex::new(None);
/// The thread on which it ends.
static ENDING: LazyLock<Mutex<Crew>> = LazyLock::new(|| Mutex::new(Crew::new()));
static OWN_HANDLE: OnceLock<Handle> = OnceLock::new();
/// Launches that came before the runtime.
static WAITING: LazyLock<Waiting> = LazyLock::new(|| {
    let (sender, spawns) = mpsc::channel();
    Waiting {
        sender,
        receiver: Mutex::new(Receiving {
            spawns,
            first: None,
            retry_at: None,
        }),
    }
});

struct Waiting {
    sender: Sender<Spawn>,
    /// Locked by the service thread alone, except at the very end of a shutdown.
    receiver: Mutex<Receiving>,
}

struct Receiving {
    spawns: Receiver<Spawn>,
    /// What was received, and then could not be spawned.
    first: Option<Spawn>,
    /// When a runtime may be started again: whatever else wakes the service thread meanwhile.
    retry_at: Option<Instant>,
}

impl Waiting {
    fn next(&self) -> Option<Spawn> {
        let mut receiver = lock(&self.receiver);
        let first = receiver.first.take();
        first.or_else(|| receiver.spawns.try_recv().ok())
    }

    fn put_back(&self, spawn: Spawn, retry_at: Instant) {
        let mut receiver = lock(&self.receiver);
        receiver.first = Some(spawn);
        receiver.retry_at = Some(retry_at);
    }

    fn paused_until(&self, now: Instant) -> Option<Instant> {
        let retry_at = lock(&self.receiver).retry_at;
        retry_at.filter(|retry_at| now < *retry_at)
    }
}

const RETRY: Duration = Duration::from_secs(1);
const JOIN: Duration = Duration::from_secs(1);
