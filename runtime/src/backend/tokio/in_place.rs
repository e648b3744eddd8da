//! Tasks on the thread that launched them, where the system refuses every other thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use std::{future, thread};

use ::tokio::runtime::{Builder, Runtime};
use ::tokio::task::JoinHandle;

use super::runtime;
use crate::service::service;
use crate::stop::phase;
use crate::sync::lock;
use crate::thread::unwind;

/// Runs what waits for a runtime on this thread, until it has ended or another thread can be had, which then goes on.
///
/// Nothing happens where no descriptor is left, or where this thread is at its end and tokio's thread-locals are gone: it
/// waits for the next launch or wait of the process.
#[cold]
pub(super) fn run() {
    if IS_HERE.get() {
        // After what is running here, and not inside.
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
            // What they have launched comes next.
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

/// Is the runtime that this thread is in one of these? It ends with its tasks, so what they launch goes elsewhere.
#[inline]
pub(super) fn is_here() -> bool {
    IS_USED.load(Ordering::Relaxed) && IS_HERE.get()
}

/// A runtime without a thread, and what it was made for.
struct Driven {
    runtime: Runtime,
    tasks: Vec<JoinHandle<()>>,
}

impl Driven {
    fn spawn_waiting(&mut self) {
        while let Some(spawn) = runtime::next_waiting() {
            if phase::has_ended() {
                drop(spawn);
            } else {
                self.tasks.push(spawn(self.runtime.handle()));
            }
        }
    }

    /// Polls what is ready.
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

    /// To the end of its tasks.
    fn drive(self) {
        IS_HERE.set(true);
        for task in self.tasks {
            let _ = self.runtime.block_on(task);
        }
        let runtime = self.runtime;
        let _ = unwind::catch(|| drop(runtime));
    }
}

/// Lets a thread go on with it; gives it back if the system refuses one.
fn hand_over(driven: Driven) -> Option<Driven> {
    let driven = Arc::new(Mutex::new(Some(driven)));
    let taken = Arc::clone(&driven);
    let created = runtime::create_thread("ff-tokio", move || {
        let driven = lock(&taken).take();
        if let Some(driven) = driven {
            driven.drive();
        }
    });
    match created {
        Ok(()) => None,
        Err(_) => lock(&driven).take(),
    }
}

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Has there been any?
static IS_USED: AtomicBool = AtomicBool::new(false);

/// Between two looks at timers and sockets.
const PAUSE: Duration = Duration::from_millis(1);
