//! The queue of a pool, and the protocol by which its workers park and are unparked. What a launch is, and how a thread is
//! spawned, is left to the [`System`].
//!
//! The invariant: no item stays in the queue while a worker is parked. A push claims its slot and then reads the [`State`];
//! a worker that parks changes the state and then reads the queue. Both are sequentially consistent, so the push sees the
//! worker, or the worker sees the item. At most one worker is the *searcher*, which looks at the queue or is being unparked
//! to do so; while there is one, a push notifies no other. The searcher hands the search over before a body, which may take
//! long; a worker that ends its search looks at the queue once more, since pushes relied on it. A thread that was spawned
//! looks when it starts; until then parked workers are unparked as if it had not been asked for. So a burst costs its
//! caller one wake-up, and workers wake each other.

use std::num::NonZeroUsize;

use super::spin::SpinPolicy;
use super::state::{Notify, State};
use super::workers::Workers;
use crate::queue::ring::{IDLE, Occupied, Ring, Vacant};
use crate::sync::process::{Instant, OnceLock};
use crate::sync::yield_now;

/// What the protocol asks of its surroundings.
pub(super) trait System {
    /// Has another thread spawn a worker, which begins with [`Core::register`].
    fn spawn_worker(&self);

    /// Are workers to leave as soon as they see this?
    fn has_ended(&self) -> bool;

    /// A worker has found no further item, and all that it did before is accounted for.
    fn became_idle(&self);

    /// There is room in the queue for one more item.
    fn made_room(&self);

    /// How many workers there may be, where [`Core::new`] was not told; at most [`DEFAULT_MAX_WORKERS`].
    fn max_workers(&self) -> NonZeroUsize;

    /// When a worker that parks now is to retire. None: never.
    fn retire_at(&self, now: Instant) -> Option<Instant>;
}

/// The queue and its workers.
///
/// - A push claims a slot and fills it, and then reads the state. If there is no searcher, it makes a parked worker the
///   searcher and unparks it, or has a thread spawned.
/// - A worker takes an item. If it is the searcher, it hands the search over; then it runs the item. When the queue is
///   empty it stops being busy, becomes the searcher if there is none, and spins. Then it counts itself as parked, which
///   ends its search, looks at the queue once more, and parks.
///
/// A launch in a burst of 1,000 costs 33 ns, 10 of them for the one wake-up; with an allocation and a wake-up for each
/// worker it costs 380.
#[derive(Debug)]
pub(super) struct Core<T> {
    queue: Ring<T, State>,
    /// None until it is known how many workers there may be.
    workers: OnceLock<Workers>,
    /// How many items may wait while every worker is busy.
    waiting: usize,
    /// Was [`Core::new`] not told how many workers there may be?
    asks_for_max_workers: bool,
}

impl<T> Core<T> {
    /// Makes a queue in which so many items may wait while every worker is busy; each idle worker is room for one more.
    /// Without `max_workers`, there is at most one thread until [`set_max_workers`](Self::set_max_workers) is called.
    pub(super) fn new(waiting: usize, max_workers: Option<NonZeroUsize>) -> Self {
        let most = max_workers.map_or(DEFAULT_MAX_WORKERS, NonZeroUsize::get);
        let core = Self {
            queue: Ring::new(waiting + most, State::new()),
            workers: OnceLock::new(),
            waiting,
            asks_for_max_workers: max_workers.is_none(),
        };
        // There may be one worker in any case.
        core.queue.allow(waiting + 1);
        if let Some(max_workers) = max_workers {
            core.set_max_workers(|| max_workers);
        }
        core
    }

    /// Sets how many workers there may be, unless that has been set. Called before the first id is claimed.
    pub(super) fn set_max_workers(&self, max_workers: impl FnOnce() -> NonZeroUsize) {
        if self.workers.get().is_none() {
            // Made before it is set, because an allocator may launch on this very pool. Of two that are made at once one is
            // dropped, and its maker allows what the other one set.
            let _ = self.workers.set(Workers::new(max_workers()));
        }
        if let Some(workers) = self.workers.get() {
            self.queue.allow(self.waiting + workers.len());
        }
    }

    /// Moves an item out of `item` into the queue, and notifies a worker if needed. False when the queue is full.
    #[inline]
    pub(super) fn push(&self, item: &mut Option<T>, system: &impl System) -> bool {
        let has_room =
            self.queue.push(item) || self.learn_max_workers(system) && self.queue.push(item);
        if has_room {
            self.notify_if_needed(system);
        }
        has_room
    }

    /// Claims a slot for an item. The caller fills it at once, and then calls [`notify_if_needed`](Self::notify_if_needed).
    /// None when the queue is full.
    #[inline]
    pub(super) fn claim(&self, system: &impl System) -> Option<Vacant<'_, T>> {
        let vacant = self.queue.claim();
        if vacant.is_none() && self.learn_max_workers(system) {
            return self.queue.claim();
        }
        vacant
    }

    /// Asks how many workers there may be, when the queue is full for those known so far. False if that was told at the
    /// beginning.
    #[cold]
    fn learn_max_workers(&self, system: &impl System) -> bool {
        if self.asks_for_max_workers {
            self.set_max_workers(|| system.max_workers());
        }
        self.asks_for_max_workers
    }

    /// Moves the oldest item out. None if the queue is empty.
    pub(super) fn pop(&self) -> Option<T> {
        self.queue.pop()
    }

    /// Hands the oldest item to `each`, on a thread that is not one of the pool's workers. False if the queue is empty.
    pub(super) fn run_one(&self, each: impl FnOnce(T)) -> bool {
        let Some(item) = self.queue.take_as_busy() else {
            return false;
        };
        each(item.into_item());
        self.queue.end_busy();
        true
    }

    /// Is no item queued, and no worker busy? True means that there was such a moment.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_quiet()
    }

    /// How many threads exist or are being spawned.
    pub(super) fn live(&self) -> u64 {
        self.state().live()
    }

    /// Unparks an idle worker, or has one spawned, unless there is a searcher.
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

    /// Notes that the system has refused a thread: none is asked for until [`resume_spawning`](Self::resume_spawning).
    pub(super) fn pause_spawning(&self, system: &impl System) {
        self.state().pause_spawning();
        self.recheck(system);
    }

    /// Notes that the thread that was asked for will not be spawned. The next push asks again.
    pub(super) fn cancel_spawn(&self, system: &impl System) {
        self.state().cancel_spawn();
        self.unpark_if_idle(system);
    }

    /// Lets threads be asked for again.
    pub(super) fn resume_spawning(&self, system: &impl System) {
        self.state().resume_spawning();
        self.recheck(system);
    }

    /// Looks at the queue after a search has ended: a push that came meanwhile relied on the searcher.
    fn recheck(&self, system: &impl System) {
        if !self.queue.is_empty() {
            self.notify_if_needed(system);
        }
    }

    /// Claims an id for a thread that is to be spawned.
    pub(super) fn claim_id(&self) -> Option<usize> {
        self.workers().claim_id()
    }

    /// Releases the id of a thread that was not spawned.
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

/// The worker of the calling thread. Dropping it leaves the pool.
pub(super) struct Worker<'core, T, S: System> {
    core: &'core Core<T>,
    system: &'core S,
    id: usize,
    /// Is this worker the searcher?
    is_searching: bool,
    /// Is this worker counted as busy, in the head of the queue?
    is_busy: bool,
    spin: SpinPolicy,
}

impl<'core, T, S: System> Worker<'core, T, S> {
    /// Hands each item to `each` until the worker is to leave. `each` calls the function it is given when the item has left
    /// its slot, and before its body, which may take long.
    pub(super) fn work(&mut self, mut each: impl FnMut(Occupied<'core, T>, &mut dyn FnMut())) {
        while let Some((item, has_room)) = self.next() {
            each(item, &mut || {
                if self.is_searching {
                    self.hand_over_search();
                }
                if has_room {
                    self.system.made_room();
                }
            });
        }
    }

    /// Takes the next item, and says whether that makes room for another. A worker that goes from one item to the next
    /// makes room; an idle worker was room itself. None when the worker is to leave.
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
            // On Linux 6.18, a thread that has just yielded is not put in front of the caller that wakes it soon after.
            // That halves what a sparse launch costs the caller: 4.8 µs, 11 without the yield. After a long sleep it is put
            // in front all the more: 20 µs for the first launch of a burst, 10 without.
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

    /// Hands the search over to another worker, if more is queued, since the body that comes may take long.
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

    /// Stops being busy, when there is no further item. Not after each body: while more is queued, the pool is not quiet
    /// anyway.
    fn become_idle(&mut self) {
        if self.is_busy {
            self.is_busy = false;
            self.core.queue.begin_anew();
            self.core.queue.end_busy();
            self.system.made_room();
            self.system.became_idle();
        }
    }

    /// Spins for a while, if that has lately paid. True if there may be an item.
    fn spin(&mut self) -> bool {
        let (queue, system) = (&self.core.queue, self.system);
        self.spin
            .spin(|| queue.looks_ready(), || system.has_ended())
    }

    /// Parks until unparked, which makes this worker the searcher. False if it is to retire.
    fn park(&mut self) -> bool {
        let (queue, workers) = (&self.core.queue, self.core.workers());
        let state = self.core.state();
        workers.set_parked(self.id);
        state.park(self.is_searching);
        self.is_searching = true;
        // If there is another searcher, that one looks at the queue, or unparks the next worker when it leaves.
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
        self.spin.parked(began.elapsed(), 1);
        true
    }

    /// When a worker that parks now is to trim the queue, unless it is unparked before. None if the queue holds little
    /// memory.
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
        // Before the thread is counted out, since the next one may be spawned then, and has to find an id.
        core.workers().release_id(self.id);
        core.state().leave(self.is_searching);
        if self.system.has_ended() {
            core.unpark_if_idle(self.system);
        } else {
            core.recheck(self.system);
        }
    }
}

/// How many idle workers the queue has slots for, where [`Core::new`] was not told how many there may be.
pub(super) const DEFAULT_MAX_WORKERS: usize = if cfg!(fire_and_forget_loom) { 2 } else { 512 };
