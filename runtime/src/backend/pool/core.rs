//! The queue of a pool and its workers' protocol, apart from what a launch is and from how threads are made.
//!
//! What must not happen: a launch lies in the queue while every worker is parked. Why it does not: a push claims its slot and
//! then reads the [`State`]; a worker that parks changes the state and then reads the queue. Either the push sees the worker,
//! or the worker sees the push. The same holds for the searcher: whoever ends the search looks at the queue once more. A
//! thread that was spawned looks when it starts; until then the others go on as if it had not been.

use std::num::NonZeroUsize;

use super::spin::SpinPolicy;
use super::state::{Notify, State};
use super::workers::Workers;
use crate::queue::ring::{IDLE, Occupied, Ring, Vacant};
use crate::sync::process::{Instant, OnceLock};
use crate::sync::yield_now;

/// What the protocol asks of its surroundings.
pub(super) trait System {
    /// Has one more thread spawned, which begins with [`Core::register`]; not by this thread.
    fn spawn_worker(&self);

    /// Are workers to leave as soon as they look?
    fn has_ended(&self) -> bool;

    /// A worker has found nothing more: what it did before is accounted for.
    fn became_idle(&self);

    /// There is room in the queue for one more.
    fn has_room(&self);

    /// How many workers there may be, where that was not said at the beginning; at most [`DEFAULT_MAX_WORKERS`].
    fn max_workers(&self) -> NonZeroUsize;

    /// When a worker that parks now is to retire.
    fn retire_at(&self, now: Instant) -> Option<Instant>;
}

#[derive(Debug)]
pub(super) struct Core<T> {
    queue: Ring<T, State>,
    /// None until it is known how many there may be.
    workers: OnceLock<Workers>,
    /// How many items may wait while every worker is busy.
    waiting: usize,
    /// Was the number of workers not said at the beginning?
    asks_for_max_workers: bool,
}

impl<T> Core<T> {
    /// So many items may wait while every worker is busy; each other worker is room for one more. How many workers there may be
    /// can be said later, by [`set_max_workers`](Self::set_max_workers): until then, one thread is spawned.
    pub(super) fn new(waiting: usize, max_workers: Option<NonZeroUsize>) -> Self {
        let most = max_workers.map_or(DEFAULT_MAX_WORKERS, NonZeroUsize::get);
        let core = Self {
            queue: Ring::new(waiting + most, State::new()),
            workers: OnceLock::new(),
            waiting,
            asks_for_max_workers: max_workers.is_none(),
        };
        // There is one in any case.
        core.queue.allow(waiting + 1);
        if let Some(max_workers) = max_workers {
            core.set_max_workers(|| max_workers);
        }
        core
    }

    /// Says how many workers there may be, if nobody has. Called before the first id is claimed.
    pub(super) fn set_max_workers(&self, max_workers: impl FnOnce() -> NonZeroUsize) {
        if self.workers.get().is_none() {
            // Made before it is set, because an allocator may launch on this very pool. Of two that are made at once, one is
            // dropped; who drops it finds the other's bound set.
            let _ = self.workers.set(Workers::new(max_workers()));
        }
        if let Some(workers) = self.workers.get() {
            self.queue.allow(self.waiting + workers.len());
        }
    }

    /// Moves an item in, and sees to it that somebody looks. False when the queue is full.
    #[inline]
    pub(super) fn push(&self, item: &mut Option<T>, system: &impl System) -> bool {
        let has_room =
            self.queue.push(item) || self.learn_max_workers(system) && self.queue.push(item);
        if has_room {
            self.notify_if_needed(system);
        }
        has_room
    }

    /// Claims a place for an item; it is to be filled at once, and then [`notify_if_needed`](Self::notify_if_needed) sees to
    /// it that somebody looks. None when the queue is full.
    #[inline]
    pub(super) fn claim(&self, system: &impl System) -> Option<Vacant<'_, T>> {
        let vacant = self.queue.claim();
        if vacant.is_none() && self.learn_max_workers(system) {
            return self.queue.claim();
        }
        vacant
    }

    /// The queue is full by the workers that were known of: asks how many there may be, where that was not said at the beginning.
    #[cold]
    fn learn_max_workers(&self, system: &impl System) -> bool {
        if self.asks_for_max_workers {
            self.set_max_workers(|| system.max_workers());
        }
        self.asks_for_max_workers
    }

    /// Moves the oldest item out. None if there was none.
    pub(super) fn pop(&self) -> Option<T> {
        self.queue.pop()
    }

    /// Hands the oldest item to `each`, on a thread that is no worker of the pool. False if there was none.
    pub(super) fn run_one(&self, each: impl FnOnce(T)) -> bool {
        let Some(item) = self.queue.take_as_busy() else {
            return false;
        };
        each(item.into_item());
        self.queue.end_busy();
        true
    }

    /// Is there nothing queued and nobody busy? If so, there was such a moment.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_quiet()
    }

    /// How many threads there are, or are being created.
    pub(super) fn live(&self) -> u64 {
        self.state().live()
    }

    /// Unparks an idle worker or spawns one, unless there is a searcher.
    #[inline]
    pub(super) fn notify_if_needed(&self, system: &impl System) {
        if self.state().needs_notify(|| self.max_workers()) {
            self.notify(system);
        }
    }

    #[cold]
    fn notify(&self, system: &impl System) {
        if let Some(notify) = self.state().try_notify(|| self.max_workers()) {
            self.perform(notify, system);
        }
    }

    /// Unparks a worker, if one is parked and there is no searcher.
    pub(super) fn unpark_if_idle(&self, system: &impl System) {
        if let Some(notify) = self.state().try_unpark() {
            self.perform(notify, system);
        }
    }

    fn perform(&self, notify: Notify, system: &impl System) {
        match notify {
            Notify::Unpark => self.workers().unpark_one(),
            Notify::Spawn => system.spawn_worker(),
        }
    }

    /// The system has refused a thread: none is spawned until [`resume_spawning`](Self::resume_spawning).
    pub(super) fn pause_spawning(&self, system: &impl System) {
        self.state().pause_spawning();
        self.recheck(system);
    }

    /// Nobody can spawn the thread: the next push asks again.
    pub(super) fn cancel_spawn(&self, system: &impl System) {
        self.state().cancel_spawn();
        self.unpark_if_idle(system);
    }

    /// Threads may be spawned again.
    pub(super) fn resume_spawning(&self, system: &impl System) {
        self.state().resume_spawning();
        self.recheck(system);
    }

    /// After a search has ended: what came meanwhile relied on the searcher.
    fn recheck(&self, system: &impl System) {
        if !self.queue.is_empty() {
            self.notify_if_needed(system);
        }
    }

    /// Claims an id for a thread that is to be spawned.
    pub(super) fn claim_id(&self) -> Option<usize> {
        self.workers().claim_id()
    }

    /// Releases an id for which there is no thread.
    pub(super) fn release_id(&self, worker_id: usize) {
        self.workers().release_id(worker_id);
    }

    /// Makes the calling thread the worker of this id.
    pub(super) fn register<'core, S: System>(
        &'core self,
        worker_id: usize,
        system: &'core S,
    ) -> Worker<'core, T, S> {
        self.workers().register(worker_id);
        Worker {
            core: self,
            system,
            id: worker_id,
            is_searching: self.state().started(),
            is_busy: false,
            spin: SpinPolicy::new(),
        }
    }

    fn workers(&self) -> &Workers {
        match self.workers.get() {
            Some(workers) => workers,
            None => unreachable!("workers start after their number is set"),
        }
    }

    #[inline]
    fn max_workers(&self) -> usize {
        self.workers.get().map_or(1, Workers::len)
    }

    fn state(&self) -> &State {
        self.queue.beside_tail()
    }
}

/// The worker of a thread; dropping it leaves the pool.
pub(super) struct Worker<'core, T, S: System> {
    core: &'core Core<T>,
    system: &'core S,
    id: usize,
    /// Is it the searcher?
    is_searching: bool,
    /// Is it counted as busy?
    is_busy: bool,
    spin: SpinPolicy,
}

impl<'core, T, S: System> Worker<'core, T, S> {
    /// Hands each item to `each` until the worker is to leave. `each` calls the function that it is given when the item has left
    /// its slot, and before it takes long.
    pub(super) fn work(&mut self, mut each: impl FnMut(Occupied<'core, T>, &mut dyn FnMut())) {
        while let Some((item, has_room)) = self.next() {
            each(item, &mut || {
                if self.is_searching {
                    self.hand_over_search();
                }
                if has_room {
                    self.system.has_room();
                }
            });
        }
    }

    /// Fetches the next item, and says whether there is room for one more: one that goes from one item to the next makes
    /// room, one that was idle was room itself. None when the worker is to leave.
    fn next(&mut self) -> Option<(Occupied<'core, T>, bool)> {
        loop {
            let was_busy = self.is_busy;
            let taken = if was_busy {
                self.core.queue.take()
            } else {
                self.core.queue.take_as_busy()
            };
            if let Some(item) = taken {
                self.is_busy = true;
                return Some((item, was_busy));
            }
            self.become_idle();
            if self.system.has_ended() {
                return None;
            }
            self.is_searching = self.is_searching || self.core.state().try_search();
            if self.is_searching && self.spin() {
                continue;
            }
            if self.core.queue.touch_page() {
                continue;
            }
            // A thread that has just given way is not put in front of the caller that wakes it soon after: on Linux 6.18
            // that halves what a sparse launch costs the caller (4.8 µs in place of 11). One that then sleeps for long
            // is put there all the more (20 µs in place of 10, for the first launch of a burst).
            if self.spin.is_woken_often() {
                yield_now();
                if self.core.queue.looks_ready() {
                    continue;
                }
            }
            if !self.park() {
                return None;
            }
        }
    }

    /// The body that comes may take long: another worker has to look, if there is more.
    fn hand_over_search(&mut self) {
        self.is_searching = false;
        if self.core.queue.is_empty() {
            self.core.state().stop_searching();
            self.core.recheck(self.system);
        } else if let Some(notify) = self
            .core
            .state()
            .hand_over_search(|| self.core.max_workers())
        {
            self.core.perform(notify, self.system);
        }
    }

    /// Says that it is idle. Only here, since while there is more to do, nobody can find the pool quiet.
    fn become_idle(&mut self) {
        if self.is_busy {
            self.is_busy = false;
            self.core.queue.begin_anew();
            self.core.queue.end_busy();
            self.system.has_room();
            self.system.became_idle();
        }
    }

    /// Spins for a while, if that has lately paid. True if there may be something.
    fn spin(&mut self) -> bool {
        let (queue, system) = (&self.core.queue, self.system);
        self.spin
            .spin(|| queue.looks_ready(), || system.has_ended())
    }

    /// Parks until woken, and is the searcher then. False if it is to retire.
    fn park(&mut self) -> bool {
        let (queue, workers) = (&self.core.queue, self.core.workers());
        let state = self.core.state();
        workers.set_parked(self.id);
        state.park(self.is_searching);
        self.is_searching = true;
        // If another one is the searcher, it looks at the queue, or will leave in this one's place.
        if (!queue.is_empty() || self.system.has_ended()) && state.try_unpark_self() {
            workers.clear_parked(self.id);
            return true;
        }
        let began = Instant::now();
        let retire_at = self.system.retire_at(began);
        let mut trim_at = self.trims_at(began, retire_at);
        while workers.is_parked(self.id) {
            if trim_at.is_some_and(|trim_at| Instant::now() >= trim_at) {
                trim_at = None;
                queue.trim();
                continue;
            }
            let mut until = trim_at.or(retire_at);
            if let Some(retire_at) = retire_at
                && Instant::now() >= retire_at
            {
                if state.try_unpark_self() {
                    workers.clear_parked(self.id);
                    return false;
                }
                // There is a searcher, which may be about to unpark this very worker.
                until = Instant::now().checked_add(super::spin::LONGEST);
            }
            workers.park(self.id, until);
        }
        self.spin.parked(began);
        true
    }

    /// When a worker that parks now gives memory of the queue back, if there is some: it stays parked until then, or retires.
    fn trims_at(&self, now: Instant, retire_at: Option<Instant>) -> Option<Instant> {
        if !self.core.queue.keeps_much() {
            return None;
        }
        let idle = now.checked_add(IDLE);
        idle.into_iter().chain(retire_at).min()
    }
}

impl<T, S: System> Drop for Worker<'_, T, S> {
    fn drop(&mut self) {
        let core = self.core;
        self.become_idle();
        // Before the thread is counted out: then one may be spawned that claims this id.
        core.workers().release_id(self.id);
        core.state().leave(self.is_searching);
        if self.system.has_ended() {
            core.unpark_if_idle(self.system);
        } else {
            core.recheck(self.system);
        }
    }
}

/// For so many idle workers there are slots in the queue, where it is not said how many there will be.
pub(super) const DEFAULT_MAX_WORKERS: usize = if cfg!(fire_and_forget_loom) { 2 } else { 512 };
