//! A lane on tokio: the queue of a runtime's launches, and the task of ours (`Dispatcher`) that spawns them.
//!
//! A caller fills a slot, and the protocol (`backend/lane/core.rs`) says whether to wake the dispatcher, to do nothing,
//! or to spawn what is queued itself. The dispatcher spawns 64 launches at a time and then yields; without a launch it
//! spins for as long as that has lately paid, and sleeps. When its runtime ends, it is dropped: it closes the queue, and
//! drops the launches in it, which are reported as lost.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use ::tokio::runtime::Id;

use super::here;
use crate::backend::lane::core::{Core, Found, System};
use crate::backend::lane::state::ThreadToken;
use crate::backend::pool::spin::SpinPolicy;
use crate::queue::ring::{Occupied, Vacant};
use crate::stop::phase;
use crate::sync::process::Instant;
use crate::task::task::Task;

/// The lane of a runtime, lent to a thread for one launch. Its destructor puts it back for the thread's next one.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the launch path alone")]
pub struct Lane {
    /// `None` once it has been put back.
    pub(super) shared: Option<Arc<Shared>>,
    /// The token of this thread, if it is in the runtime.
    pub(super) token: Option<ThreadToken>,
}

impl Lane {
    /// Claims a slot for one launch; `None` if the queue is full.
    ///
    /// The caller fills the slot at once, and then calls [`filled`](Self::filled).
    #[inline]
    pub(crate) fn claim(&self) -> Option<Vacant<'_, Task>> {
        self.shared.as_ref()?.core.claim()
    }

    /// Wakes the dispatcher, or spawns what is queued, if a slot that was just filled would otherwise stay unseen.
    #[inline(never)]
    pub(crate) fn filled(&self) {
        if let Some(shared) = &self.shared {
            shared.core.filled(self.token, &**shared);
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            here::keep(shared);
        }
    }
}

/// The shared state of a lane: one for each multi-thread runtime that was launched on. Owned by its dispatcher, by the list of
/// lanes, and by the threads that launched on it last.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) runtime: Id,
    pub(super) core: Core<Task>,
    /// The waker of the dispatcher, set when that first runs.
    waker: OnceLock<Waker>,
}

impl Shared {
    /// Makes a lane whose dispatcher is about to be spawned; with a token if a thread of the runtime spawns it.
    pub(super) fn new(runtime: Id, spawned_by: Option<ThreadToken>) -> Self {
        Self {
            runtime,
            core: Core::new(CAPACITY, spawned_by),
            waker: OnceLock::new(),
        }
    }
}

impl System<Task> for Shared {
    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    fn spawn(&self, item: Occupied<'_, Task>) {
        // `into_item` frees the slot first: a runtime that ends drops a spawned task at once, and destructors may launch.
        item.into_item().pass_on();
    }
}

/// The task of ours that spawns the launches of its runtime.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    /// How long to spin on an empty queue. `None` on a runtime of one worker, since no other worker could launch meanwhile.
    spin: Option<SpinPolicy>,
    slept_since: Option<Instant>,
}

impl Dispatcher {
    pub(super) fn new(shared: Arc<Shared>, threads: usize) -> Self {
        Self {
            shared,
            spin: (threads > 1).then(SpinPolicy::new),
            slept_since: None,
        }
    }

    /// Spawns what is queued. Returns whether to yield and look again; otherwise the dispatcher sleeps until it is woken.
    fn look(&mut self) -> bool {
        let shared = &*self.shared;
        loop {
            match shared.core.look(MOST_AT_A_TIME, shared) {
                Found::Much => return true,
                // The task spawned last lies in this worker's LIFO slot, which no other worker takes from: yield to it.
                Found::All if self.spin.as_ref().is_some_and(SpinPolicy::pays) => return true,
                Found::All => {}
                Found::Nothing => {
                    if let Some(spin) = &mut self.spin
                        && spin.spin(|| shared.core.looks_ready(), phase::has_ended)
                    {
                        continue;
                    }
                }
            }
            return !shared.core.sleep();
        }
    }
}

impl Future for Dispatcher {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // All wakers of a task wake the same task, so the first one serves for ever.
        self.shared.waker.get_or_init(|| cx.waker().clone());
        if let Some(since) = self.slept_since.take()
            && let Some(spin) = &mut self.spin
        {
            spin.parked(since);
        }
        if self.look() {
            cx.waker().wake_by_ref();
        } else {
            self.slept_since = Some(Instant::now());
        }
        Poll::Pending
    }
}

impl Drop for Dispatcher {
    /// Closes the lane, because its runtime ends.
    fn drop(&mut self) {
        here::forget(&self.shared);
        self.shared.core.close(drop);
    }
}

/// The number of slots of a lane, 128 KiB of memory for each runtime. If none is free, the caller spawns its launch itself.
const CAPACITY: usize = 1024;

/// The number of launches that are spawned before the dispatcher yields to other tasks.
const MOST_AT_A_TIME: usize = 64;
