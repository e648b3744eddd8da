//! Runs tasks on the thread that launched them, if the system refuses every other thread.
//!
//! A launch without a runtime waits for the crate's own, which the service thread starts. If not even the service thread
//! can be created, the caller makes a current-thread runtime and drives what waits, until all of it has ended, or until a
//! thread can be created that takes the runtime over. A runtime made here ends with its tasks, so launches from inside it
//! do not use it ([`is_here`]).

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use std::{future, thread};

use ::tokio::runtime::{Builder, Runtime};
use ::tokio::task::JoinHandle;

use super::runtime;
use crate::service::service;
use crate::stop::phase;
use crate::thread::unwind;

/// Runs the tasks that wait for a runtime on this thread, until all have ended or another thread takes them over.
///
/// Does nothing if no file descriptor is left, or if this thread ends and tokio's thread-locals are gone. The tasks then wait
/// for the next launch or wait of the process.
#[cold]
pub(super) fn run() {
    if IS_HERE.get() {
        // The `run` further up this stack spawns what has come, after its current step.
        return;
    }
    if !runtime::can_be_entered() {
        return;
    }
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return;
    };
    IS_USED.store(true, Ordering::Relaxed);
    IS_HERE.set(true);
    let mut driven = Some(Driven {
        runtime,
        tasks: Vec::new(),
    });
    while let Some(here) = &mut driven {
        here.spawn_waiting();
        if here.tasks.is_empty() {
            break;
        }
        here.step();
        if here.tasks.is_empty() {
            // The tasks may have launched others, which now wait.
            continue;
        }
        if service::wake() {
            driven = driven.and_then(hand_over);
        }
        if driven.is_some() {
            thread::sleep(PAUSE);
        }
    }
    let _ = unwind::catch(|| drop(driven));
    IS_HERE.set(false);
}

/// Returns whether this thread is in a runtime made here. It ends with its tasks, so launches must not use it.
#[inline]
pub(super) fn is_here() -> bool {
    IS_USED.load(Ordering::Relaxed) && IS_HERE.get()
}

/// A runtime without threads, and the tasks that it was made for.
struct Driven {
    runtime: Runtime,
    tasks: Vec<JoinHandle<()>>,
}

impl Driven {
    fn spawn_waiting(&mut self) {
        for spawn in runtime::take_waiting() {
            if phase::has_ended() {
                drop(spawn);
            } else {
                self.tasks.push(spawn(self.runtime.handle()));
            }
        }
    }

    /// Polls the tasks that are ready, and forgets those that have ended.
    fn step(&mut self) {
        let mut is_first = true;
        self.runtime.block_on(future::poll_fn(|cx| {
            if std::mem::take(&mut is_first) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
        self.tasks.retain(|task| !task.is_finished());
    }

    /// Drives the runtime until all its tasks have ended, and drops it.
    fn drive(self) {
        IS_HERE.set(true);
        for task in self.tasks {
            let _ = self.runtime.block_on(task);
        }
        let runtime = self.runtime;
        let _ = unwind::catch(|| drop(runtime));
    }
}

/// Creates a thread that drives the runtime from now on; returns the runtime if the system refuses the thread.
fn hand_over(driven: Driven) -> Option<Driven> {
    let created = runtime::create_thread("ff-tokio", driven, Driven::drive);
    created.err().map(|(driven, _)| driven)
}

thread_local! {
    /// Whether this thread drives such a runtime.
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Whether any thread ever made such a runtime. Read first, since it is cheaper than the thread-local.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// The pause between two polls of timers and sockets.
const PAUSE: Duration = Duration::from_millis(1);
