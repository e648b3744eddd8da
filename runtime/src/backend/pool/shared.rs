//! What a pool has once it is started: its queue, its threads, and who waits for room.
//!
//! The workers' protocol is in `core.rs`; this is the system that it runs on. A worker asks for another thread by a flag and a
//! call of the service thread, which creates it. Where the system refuses even the service thread, the caller runs what is
//! queued.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use super::core::{Core, DEFAULT_MAX_WORKERS, System};
use super::pool::Pool;
use super::{evictions, worker};
use crate::queue::capacity::{self, Room};
use crate::report::Loss;
use crate::service::service;
use crate::service::threads::{SpawnedThread, ThreadSet};
use crate::stop::{phase, waiting};
use crate::sync::process::{AtomicBool, Instant, Mutex, thread, thread_local};
use crate::task::task::Task;
use crate::thread::{nesting, thread_name};

/// What a pool has once it is started.
#[derive(Debug)]
pub(super) struct Shared {
    /// What was said of it.
    pool: &'static Pool,
    pub(super) core: Core<Task>,
    /// The callers that wait for room in the queue.
    pub(super) room: Room,
    /// Set while a thread is asked for; there is never more than one.
    pub(super) is_spawning: AtomicBool,
    /// Locked by the service thread alone, except at the very end of a shutdown.
    pub(super) spawner: Mutex<Spawner>,
}

/// What the service thread knows of the pool's threads.
#[derive(Debug)]
pub(super) struct Spawner {
    pub(super) threads: ThreadSet,
    /// Has the system refused a thread since spawning was last resumed?
    pub(super) is_spawn_paused: bool,
}

impl Shared {
    pub(super) fn new(pool: &'static Pool) -> Self {
        Self {
            pool,
            core: Core::new(pool.capacity, pool.threads),
            room: Room::new(),
            is_spawning: AtomicBool::new(false),
            spawner: Mutex::new(Spawner {
                threads: ThreadSet::new(),
                is_spawn_paused: false,
            }),
        }
    }

    /// Pushes a launch, and takes the oldest ones out until there is room. The last one taken out is evicted after the
    /// push: its destructor may launch, and would take the room.
    pub(super) fn push_for_sure(&'static self, task: &mut Option<Task>) {
        let mut oldest = None;
        let mut in_vain = 0;
        // Where the queue is empty and yet there is no room, callers run launches, because the system refuses threads.
        // Their bodies may wait for this launch to return, so it is refused after `PATIENCE` attempts.
        while !self.core.push(task, self) && in_vain < PATIENCE {
            if let Some(next) = self.core.pop() {
                self.made_room();
                if let Some(older) = oldest.replace(next) {
                    evictions::evict(older);
                }
            } else {
                in_vain += 1;
                thread::yield_now();
            }
        }
        if let Some(oldest) = oldest {
            evictions::evict(oldest);
        }
    }

    /// As what a launch is lost that is taken out now; `None` if it is run.
    fn loss(&self) -> Option<Loss> {
        let abandoned = || phase::has_ended().then_some(Loss::Abandoned);
        self.pool.loses.or_else(abandoned)
    }

    /// Runs or loses the oldest launch on this thread, which is not one of the pool's. False if the queue is empty.
    pub(super) fn run_one(&self) -> bool {
        let has_run = self.core.run_one(|task| match self.loss() {
            Some(loss) => task.lose(loss),
            None => task.run_in_place(),
        });
        if has_run {
            self.made_room();
            waiting::changed();
        }
        has_run
    }

    /// Runs what is queued on this thread: the pool has no worker, and the system refuses every thread that could create
    /// one.
    #[cold]
    fn run_here(&self) {
        if self.is_spawning.swap(false, Ordering::SeqCst) {
            self.core.cancel_spawn(self);
        }
        // What a body launches on this very pool runs after that body, and not inside it.
        let here = std::ptr::from_ref(self).addr();
        let outer = RUN_HERE.with(|it| it.replace(here));
        while outer != here
            && self.core.live() == 0
            && (self.pool.loses.is_some() || nesting::may_run_in_place())
            && self.run_one()
        {}
        RUN_HERE.with(|it| it.set(outer));
    }

    /// Spawns a worker, on the service thread.
    pub(super) fn create(&'static self, threads: &ThreadSet) -> std::io::Result<SpawnedThread> {
        // Asked for here, so that the first caller does not wait for the system's answer.
        self.core.set_max_workers(|| self.max_workers());
        let Some(worker_id) = self.core.claim_id() else {
            unreachable!(
                "threads are counted before they are spawned, and ids released before that"
            )
        };
        let name = thread_name::numbered(self.pool.name, worker_id);
        let builder = thread::Builder::new().name(name);
        let created = threads.spawn(builder, move || {
            self.pool.start.call(self.pool.name);
            worker::run(&self.core, self, worker_id, || self.loss());
        });
        if created.is_err() {
            self.core.release_id(worker_id);
        }
        created
    }
}

thread_local! {
    /// The address of the pool whose launches this thread runs in place of workers.
    static RUN_HERE: Cell<usize> = const { Cell::new(0) };
}

impl System for Shared {
    fn spawn_worker(&self) {
        // Before the wake-up: `maintain` takes the flag after it has been woken.
        self.is_spawning.store(true, Ordering::SeqCst);
        if !service::wake_or_retry() {
            self.run_here();
        }
    }

    fn has_ended(&self) -> bool {
        phase::has_ended()
    }

    fn became_idle(&self) {
        waiting::changed();
    }

    #[inline]
    fn made_room(&self) {
        // `freed` needs no fence: an exchange has just changed the queue.
        self.room.freed();
        // A backend of the user's may have this pool behind it.
        if capacity::is_awaited() {
            capacity::wake_all();
        }
    }

    fn max_workers(&self) -> NonZeroUsize {
        const AT_LEAST: NonZeroUsize = NonZeroUsize::new(4).unwrap();
        const AT_MOST: NonZeroUsize = NonZeroUsize::new(DEFAULT_MAX_WORKERS).unwrap();
        let parallel = thread::available_parallelism();
        parallel.map_or(AT_LEAST, |threads| threads.clamp(AT_LEAST, AT_MOST))
    }

    fn retire_at(&self, now: Instant) -> Option<Instant> {
        now.checked_add(self.pool.keep_alive)
    }
}

/// How often a push with nothing to evict is tried again.
const PATIENCE: u32 = 64;
