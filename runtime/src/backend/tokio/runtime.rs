//! The runtime of a launch, and the one that starts by itself where there is none.

use std::io;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use ::tokio::runtime::{Builder, Handle, Runtime};
use crossbeam_queue::SegQueue;

use crate::observer::{AlreadySet, stderr};
use crate::service::{self, Tended};
use crate::sync::lock;
use crate::{shutdown, unwind, wait};

/// The runtime that a launch from this thread uses, if there is one yet.
pub(super) fn current() -> Option<Handle> {
    Handle::try_current()
        .ok()
        .or_else(|| GIVEN.get().cloned())
        .or_else(|| OWN_HANDLE.get().cloned())
}

pub(super) fn set_handle(handle: Handle) -> Result<(), AlreadySet> {
    GIVEN.set(handle).map_err(|_| AlreadySet(()))
}

/// Has the service thread start a runtime, which then runs `spawn`: creating threads is nothing for a caller.
///
/// The queue has no bound of its own: what is in it counts against its function's `max_in_flight`.
pub(super) fn spawn_when_started(spawn: impl FnOnce(&Handle) + Send + 'static) {
    static ADOPTED: OnceLock<()> = OnceLock::new();
    ADOPTED.get_or_init(|| service::adopt(&OwnRuntime));
    WAITING.push(Box::new(spawn));
    service::wake();
}

/// Starts the runtime on this thread, which is one of ours.
pub(super) fn start() -> io::Result<Handle> {
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

/// The runtime that starts by itself, in the care of the service thread.
struct OwnRuntime;

impl Tended for OwnRuntime {
    fn tend(&'static self, now: Instant) -> Option<Instant> {
        if shutdown::has_ended() {
            while let Some(spawn) = WAITING.pop() {
                // The guard in the future reports it as abandoned.
                drop(spawn);
            }
            // After a deadline, what is running goes on until the process ends, as on the other backends.
            if wait::is_quiet() {
                let own = lock(&OWN).take();
                if let Some(runtime) = own {
                    // Its threads are idle, so this joins them without delay.
                    runtime.shutdown_timeout(JOIN);
                }
            }
            return None;
        }
        if WAITING.is_empty() {
            return None;
        }
        match start() {
            Ok(handle) => {
                while let Some(spawn) = WAITING.pop() {
                    spawn(&handle);
                }
                None
            }
            Err(error) => {
                stderr::note(format_args!(
                    "launches wait, because no tokio runtime can be started: {error}"
                ));
                Some(now + RETRY)
            }
        }
    }

    fn has_threads(&self) -> bool {
        lock(&OWN).is_some()
    }
}

type Spawn = Box<dyn FnOnce(&Handle) + Send>;

static GIVEN: OnceLock<Handle> = OnceLock::new();
static OWN: Mutex<Option<Runtime>> = Mutex::new(None);
static OWN_HANDLE: OnceLock<Handle> = OnceLock::new();
/// Launches that came before the runtime.
static WAITING: SegQueue<Spawn> = SegQueue::new();

const RETRY: Duration = Duration::from_secs(1);
const JOIN: Duration = Duration::from_secs(1);
