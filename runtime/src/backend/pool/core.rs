//! The queue of a pool and its workers' protocol, apart from what a launch is and from how threads are made.
//!
//! What must not happen: a launch lies in the queue while every worker sleeps. Why it does not: a push claims its slot
//! and then reads the [`Word`]; a worker at rest has changed the word and then read the queue. Either the push sees
//! the worker, or the worker sees the push. The same holds for the token: whoever gives it back looks again. A thread
//! that was asked for looks when it comes; until then the others go on as if it had not been.

use std::num::NonZeroUsize;

use super::linger::Linger;
use super::roster::Roster;
use super::word::{Call, Word};
use crate::queue::ring::{IDLE, Occupied, Ring, Vacant};
use crate::sync::process::{Instant, OnceLock};
use crate::sync::yield_now;

/// What the protocol asks of its surroundings.
pub(super) trait System {
    /// Has one more thread created, which begins with [`Core::sit_down`]; not by this thread.
    fn hire(&self);

    /// Are workers to leave as soon as they look?
    fn has_ended(&self) -> bool;

    /// A worker has found nothing more: what it did before is accounted for.
    fn settled(&self);

    /// There is room in the queue for one more.
    fn has_room(&self);

    /// How many seats there are, where that was not said at the beginning; at most [`MOST_SEATS_UNSAID`].
    fn seats(&self) -> NonZeroUsize;

    /// When a worker that goes to rest now is to retire.
    fn retire_at(&self, now: Instant) -> Option<Instant>;
}

#[derive(Debug)]
pub(super) struct Core<T> {
    queue: Ring<T, Word>,
    /// None until it is known how many seats it has.
    roster: OnceLock<Roster>,
    /// How many items may wait while every seat is busy.
    waiting: usize,
    /// Were the seats not said at the beginning?
    asks_for_seats: bool,
}

impl<T> Core<T> {
    /// So many items may wait while every seat is busy; each other seat is room for one more. How many seats there are may be
    /// said later, by [`has_seats`](Self::has_seats): until then, one thread is asked for.
    pub(super) fn new(waiting: usize, seats: Option<NonZeroUsize>) -> Self {
        let most = seats.map_or(MOST_SEATS_UNSAID, NonZeroUsize::get);
        let core = Self {
            queue: Ring::new(waiting + most, Word::new()),
            roster: OnceLock::new(),
            waiting,
            asks_for_seats: seats.is_none(),
        };
        // One seat there is in any case.
        core.queue.allow(waiting + 1);
        if let Some(seats) = seats {
            core.has_seats(|| seats);
        }
        core
    }

    /// Says how many seats there are, if nobody has. To be called before the first of them is taken.
    pub(super) fn has_seats(&self, seats: impl FnOnce() -> NonZeroUsize) {
        if self.roster.get().is_none() {
            // Made before it is set, because an allocator may launch on this very pool. Of two that are made at once, one is
            // dropped; who drops it finds the other's bound set.
            let _ = self.roster.set(Roster::new(seats()));
        }
        if let Some(roster) = self.roster.get() {
            self.queue.allow(self.waiting + roster.len());
        }
    }

    /// Moves an item in, and sees to it that somebody looks. False when the queue is full.
    #[inline]
    pub(super) fn push(&self, item: &mut Option<T>, system: &impl System) -> bool {
        let has_room = self.queue.push(item) || self.learns_seats(system) && self.queue.push(item);
        if has_room {
            self.call_if_wanted(system);
        }
        has_room
    }

    /// Claims a place for an item; it is to be filled at once, and then [`call_if_wanted`](Self::call_if_wanted) sees to
    /// it that somebody looks. None when the queue is full.
    #[inline]
    pub(super) fn claim(&self, system: &impl System) -> Option<Vacant<'_, T>> {
        let vacant = self.queue.claim();
        if vacant.is_none() && self.learns_seats(system) {
            return self.queue.claim();
        }
        vacant
    }

    /// The queue is full by the seats that were known of: asks how many there are, where that was not said at the beginning.
    #[cold]
    fn learns_seats(&self, system: &impl System) -> bool {
        if self.asks_for_seats {
            self.has_seats(|| system.seats());
        }
        self.asks_for_seats
    }

    /// Moves the oldest item out. None if there was none.
    pub(super) fn pop(&self) -> Option<T> {
        self.queue.pop()
    }

    /// Has the oldest item worked off by `each`, on a thread that is no worker of the pool. False if there was none.
    pub(super) fn work_one_off(&self, each: impl FnOnce(T)) -> bool {
        let Some(item) = self.queue.take_up() else {
            return false;
        };
        each(item.into_item());
        self.queue.put_down();
        true
    }

    /// Is there nothing queued and nobody busy? If so, there was such a moment.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_quiet()
    }

    /// How many threads there are, or are being created.
    pub(super) fn live(&self) -> u64 {
        self.word().live()
    }

    /// Has somebody come, if nobody looks at the queue and there is somebody to call.
    #[inline]
    pub(super) fn call_if_wanted(&self, system: &impl System) {
        if self.word().wants_call(|| self.seats()) {
            self.call(system);
        }
    }

    #[cold]
    fn call(&self, system: &impl System) {
        if let Some(call) = self.word().try_call(|| self.seats()) {
            self.answer(call, system);
        }
    }

    /// Wakes a worker at rest, if nobody is awake who will do so.
    pub(super) fn wake_if_resting(&self, system: &impl System) {
        if let Some(call) = self.word().try_wake() {
            self.answer(call, system);
        }
    }

    fn answer(&self, call: Call, system: &impl System) {
        match call {
            Call::Wake => self.roster().wake_one(),
            Call::Hire => system.hire(),
        }
    }

    /// The system has refused the thread that was asked for: none is asked for until [`thaw`](Self::thaw).
    pub(super) fn freeze(&self, system: &impl System) {
        self.word().freeze();
        self.look_again(system);
    }

    /// Nobody can create the thread that was asked for: the next push asks again.
    pub(super) fn give_up_hiring(&self, system: &impl System) {
        self.word().give_up_hiring();
        self.wake_if_resting(system);
    }

    /// Threads may be asked for again.
    pub(super) fn thaw(&self, system: &impl System) {
        self.word().thaw();
        self.look_again(system);
    }

    /// After the token was given back: what came meanwhile relied on its holder.
    fn look_again(&self, system: &impl System) {
        if !self.queue.is_empty() {
            self.call_if_wanted(system);
        }
    }

    /// Takes a seat for a thread that has been asked for.
    pub(super) fn take_seat(&self) -> Option<usize> {
        self.roster().take_seat()
    }

    /// Gives back a seat for which there is no thread.
    pub(super) fn free_seat(&self, seat: usize) {
        self.roster().free_seat(seat);
    }

    /// Makes the calling thread the worker of this seat.
    pub(super) fn sit_down<'core, S: System>(
        &'core self,
        seat: usize,
        system: &'core S,
    ) -> Worker<'core, T, S> {
        self.roster().sit_down(seat);
        Worker {
            core: self,
            system,
            seat,
            is_searching: self.word().arrive(),
            is_busy: false,
            linger: Linger::new(),
        }
    }

    fn roster(&self) -> &Roster {
        match self.roster.get() {
            Some(roster) => roster,
            None => unreachable!("there is no worker before there are seats"),
        }
    }

    #[inline]
    fn seats(&self) -> usize {
        self.roster.get().map_or(1, Roster::len)
    }

    fn word(&self) -> &Word {
        self.queue.beside_tail()
    }
}

/// A thread on its seat; dropping it leaves the pool.
pub(super) struct Worker<'core, T, S: System> {
    core: &'core Core<T>,
    system: &'core S,
    seat: usize,
    /// Has it the token?
    is_searching: bool,
    /// Is it counted as busy?
    is_busy: bool,
    linger: Linger,
}

impl<'core, T, S: System> Worker<'core, T, S> {
    /// Has each item worked off until the worker is to leave. Whoever does so says when the item has left its slot, and
    /// before it takes long.
    pub(super) fn work(&mut self, mut each: impl FnMut(Occupied<'core, T>, &mut dyn FnMut())) {
        while let Some((item, has_room)) = self.next() {
            each(item, &mut || {
                if self.is_searching {
                    self.hand_on();
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
                self.core.queue.take_up()
            };
            if let Some(item) = taken {
                self.is_busy = true;
                return Some((item, was_busy));
            }
            self.settle();
            if self.system.has_ended() {
                return None;
            }
            self.is_searching = self.is_searching || self.core.word().try_search();
            if self.is_searching && self.search_on() {
                continue;
            }
            if self.core.queue.touch_page() {
                continue;
            }
            // A thread that has just given way is not put in front of the caller that wakes it soon after: on Linux 6.18
            // that halves what a sparse launch costs the caller (4.8 µs in place of 11). One that then sleeps for long
            // is put there all the more (20 µs in place of 10, for the first launch of a burst).
            if self.linger.is_called_often() {
                yield_now();
                if self.core.queue.looks_ready() {
                    continue;
                }
            }
            if !self.rest() {
                return None;
            }
        }
    }

    /// The body that comes may take long: somebody else has to look, if there is more.
    fn hand_on(&mut self) {
        self.is_searching = false;
        if self.core.queue.is_empty() {
            self.core.word().stop_searching();
            self.core.look_again(self.system);
        } else if let Some(call) = self.core.word().hand_on(|| self.core.seats()) {
            self.core.answer(call, self.system);
        }
    }

    /// Says that it is idle. Only here, since while there is more to do, nobody can find the pool quiet.
    fn settle(&mut self) {
        if self.is_busy {
            self.is_busy = false;
            self.core.queue.begin_anew();
            self.core.queue.put_down();
            self.system.has_room();
            self.system.settled();
        }
    }

    /// Goes on looking for a while, if that has lately paid. True if there may be something.
    fn search_on(&mut self) -> bool {
        let (queue, system) = (&self.core.queue, self.system);
        self.linger
            .look(|| queue.looks_ready(), || system.has_ended())
    }

    /// Rests until called, and has the token then. False if it is to retire.
    fn rest(&mut self) -> bool {
        let (queue, roster) = (&self.core.queue, self.core.roster());
        let word = self.core.word();
        roster.lie_down(self.seat);
        word.rest(self.is_searching);
        self.is_searching = true;
        // If somebody else has the token, they look at the queue, or will leave in this one's place.
        if (!queue.is_empty() || self.system.has_ended()) && word.try_get_up() {
            roster.get_up(self.seat);
            return true;
        }
        let began = Instant::now();
        let retire_at = self.system.retire_at(began);
        let mut trim_at = self.trims_at(began, retire_at);
        while roster.is_resting(self.seat) {
            if trim_at.is_some_and(|trim_at| Instant::now() >= trim_at) {
                trim_at = None;
                queue.trim();
                continue;
            }
            let mut until = trim_at.or(retire_at);
            if let Some(retire_at) = retire_at
                && Instant::now() >= retire_at
            {
                if word.try_get_up() {
                    roster.get_up(self.seat);
                    return false;
                }
                // Somebody has the token, and may be about to wake this very worker.
                until = Instant::now().checked_add(super::linger::LONGEST);
            }
            roster.sleep(self.seat, until);
        }
        self.linger.slept(began);
        true
    }

    /// When a worker that goes to rest now gives memory of the queue back, if there is some: it rests until then, or retires.
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
        self.settle();
        // Before the thread is counted out: then one may be asked for that takes this seat.
        core.roster().free_seat(self.seat);
        core.word().leave(self.is_searching);
        if self.system.has_ended() {
            core.wake_if_resting(self.system);
        } else {
            core.look_again(self.system);
        }
    }
}

/// For so many idle seats there are slots in the queue, where it is not said how many there will be.
pub(super) const MOST_SEATS_UNSAID: usize = if cfg!(fire_and_forget_loom) { 2 } else { 512 };
