//! What a lane is: the queue of a runtime's launches, and the tasks of ours that spawn them.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::task::Waker;

use ::tokio::runtime::{Handle, Id};

use crate::backend::lane::core::{Core, System};
use crate::backend::lane::state::ThreadToken;
use crate::queue::ring::Occupied;
use crate::task::task::Task;

/// The shared state of a lane: one for each multi-thread runtime that was launched on. Owned by its dispatcher, by the list of
/// lanes, and by the threads that launched on it last.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) runtime: Id,
    pub(super) core: Core<Task>,
    /// The waker of the dispatcher, set when that first runs.
    pub(super) waker: OnceLock<Waker>,
    /// Its helpers, by number; one fewer than the tasks that spawn launches.
    pub(super) helpers: Box<[HelperState]>,
}

/// What a lane knows of one helper.
#[derive(Debug, Default)]
pub(super) struct HelperState {
    /// Whether it has been called and has not slept since.
    pub(super) is_awake: AtomicBool,
    /// Set when it first runs.
    pub(super) waker: OnceLock<Waker>,
}

impl Shared {
    /// Makes a lane whose dispatcher is about to be spawned; with a token if a thread of the runtime spawns it.
    pub(super) fn new(runtime: Id, workers: usize, spawned_by: Option<ThreadToken>) -> Self {
        Self {
            runtime,
            core: Core::new(CAPACITY, spawned_by),
            waker: OnceLock::new(),
            helpers: (1..workers.min(MOST_TASKS))
                .map(|_| HelperState::default())
                .collect(),
        }
    }

    #[inline]
    pub(super) fn with<'a>(&'a self, handle: Option<&'a Handle>) -> With<'a> {
        With { lane: self, handle }
    }
}

/// A lane as the protocol sees it, and the handle to spawn with, if the caller has one: each one that tokio gives is a clone,
/// and all workers of a runtime write its reference count.
pub(super) struct With<'a> {
    lane: &'a Shared,
    handle: Option<&'a Handle>,
}

impl System<Task> for With<'_> {
    #[inline]
    fn wake(&self) {
        if let Some(waker) = self.lane.waker.get() {
            waker.wake_by_ref();
        }
    }

    #[inline]
    fn spawn(&self, item: Occupied<'_, Task>) {
        // `into_item` frees the slot first: a runtime that ends drops a spawned task at once, and destructors may launch.
        item.into_item().pass_on(self.handle);
    }
}

/// The number of slots of a lane, 128 KiB of memory for each runtime. If none is free, the caller spawns its launch itself.
const CAPACITY: usize = 1024;

/// The number of launches that a task of ours spawns before it yields to other tasks.
pub(super) const MOST_AT_A_TIME: usize = 64;

/// The number of tasks that spawn the launches of one runtime, at most. A caller writes a launch in a third of the time that
/// it takes to spawn one.
const MOST_TASKS: usize = 4;
