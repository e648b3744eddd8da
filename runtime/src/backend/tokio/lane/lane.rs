//! Where launches wait to be spawned by a task of ours on their runtime: what of `tokio::spawn` the caller does not pay for.

use std::fmt;
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

/// The lane of the runtime that a thread launches on, lent to that thread for one launch.
#[allow(unnameable_types, reason = "for the launch path alone")]
pub struct Lane {
    /// None once it is given back.
    pub(super) shared: Option<Arc<Shared>>,
    /// That of the thread, if it is one of the runtime's.
    pub(super) token: Option<ThreadToken>,
}

impl Lane {
    /// Claims a place for one launch, to be filled at once and then announced by [`filled`](Self::filled). None where there is no room.
    #[inline]
    pub(crate) fn claim(&self) -> Option<Vacant<'_, Task>> {
        self.shared.as_ref()?.core.claim()
    }

    /// A place has been filled: sees to it that somebody looks.
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

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

/// One for each multi-thread runtime that was launched on. Its task and the threads that launched last on it have it.
pub(super) struct Shared {
    pub(super) runtime: Id,
    pub(super) core: Core<Task>,
    /// Of our task, since it first ran.
    waker: OnceLock<Waker>,
}

impl Shared {
    /// Of a task that is about to be spawned, by a thread of the runtime if there is a token.
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
        // Its slot is free before: a runtime that ends drops what is spawned at once, and destructors may launch.
        item.into_item().pass_on();
    }
}

/// Our task: it spawns the launches of its runtime.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    /// How long to look where nothing is, on a runtime whose other threads may launch meanwhile.
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

    /// Spawns what there is; true if it is to go on soon.
    fn look(&mut self) -> bool {
        let shared = &*self.shared;
        loop {
            match shared.core.look(MOST_AT_A_TIME, shared) {
                Found::Much => return true,
                // What was spawned last lies where only this thread takes it: first that, and then the next launch.
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
        // The waker of a task stays the same.
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
    /// Its runtime ends.
    fn drop(&mut self) {
        here::forget(&self.shared);
        self.shared.core.close(drop);
    }
}

/// So many launches wait at most; where there is no room, the caller spawns. 128 KiB of memory for each runtime.
const CAPACITY: usize = 1024;

/// As many as that are spawned before other tasks have their turn.
const MOST_AT_A_TIME: usize = 64;
