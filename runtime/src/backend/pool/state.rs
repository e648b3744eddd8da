//! The state of a pool's workers in one word: whether there is a searcher, how many workers are parked, and how many exist.
//!
//! Producers read it after each push, and most find that nothing is to be done. Every access is sequentially consistent: a
//! push changes the queue and then reads this word, and a worker that parks changes this word and then reads the queue. So
//! the push sees the parked worker, or the worker sees the item.

use crate::sync::OrderedU64;

/// The word: three flags and two counts, declared below.
#[derive(Debug)]
pub(super) struct State(OrderedU64);

/// Set while there is a searcher: a worker that is about to look at the queue, or that is being unparked to do so.
///
/// Set for a parked worker by the thread that unparks it, and for itself by a worker that starts, finds nothing to take, or
/// goes on by itself. While it is set, a push notifies no other worker. Cleared by the searcher alone, when it has taken an
/// item or parks or leaves. Then the searcher looks at the queue once more, unless there is no worker to notify: a busy
/// worker looks after its body, and a new one when it starts. Only the searcher, or the thread that has just made a worker
/// the searcher, clears bits of parked workers.
const SEARCHING: u64 = 1;
/// Set while a thread is being spawned, from the call for it until it starts. It looks at the queue then, so no further
/// thread is spawned meanwhile. That may take long; parked workers are unparked as usual.
const SPAWNING: u64 = 1 << 1;
/// Set when the system has refused a thread. No thread is spawned until the service thread clears this.
const SPAWN_PAUSED: u64 = 1 << 2;
/// One parked worker; the bits from here up to [`LIVE`] are their number.
const PARKED: u64 = 1 << 3;
/// One thread that exists or is being spawned; the bits from here on are their number.
const LIVE: u64 = 1 << 32;

/// What a thread has to do after it has changed the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Notify {
    /// Unpark one worker, which is the searcher from now on.
    Unpark,
    /// Spawn a thread, which calls [`started`](State::started).
    Spawn,
}

impl State {
    pub(super) fn new() -> Self {
        Self(OrderedU64::new(0))
    }

    /// Is a worker to be unparked or spawned? Asked after each push.
    ///
    /// `max_workers` is called after the word is read: a value that a worker has written comes with the number that was set
    /// before that worker was spawned.
    #[inline]
    pub(super) fn needs_notify(&self, max_workers: impl Fn() -> usize) -> bool {
        View(self.0.load()).notify(max_workers).is_some()
    }

    /// Begins a search if there is no searcher, and a worker can be unparked or spawned.
    pub(super) fn try_notify(&self, max_workers: impl Fn() -> usize) -> Option<Notify> {
        self.update(|view| {
            let notify = view.notify(&max_workers)?;
            Some((view.after(notify), notify))
        })
    }

    /// Begins a search if there is no searcher, and a worker is parked.
    pub(super) fn try_unpark(&self) -> Option<Notify> {
        self.try_notify(|| 0)
    }

    /// For the searcher: hands the search over if a worker can be unparked or spawned, and ends it if not.
    pub(super) fn hand_over_search(&self, max_workers: impl Fn() -> usize) -> Option<Notify> {
        self.update(|view| {
            let free = View(view.0 & !SEARCHING);
            let notify = free.notify(&max_workers);
            Some((notify.map_or(free, |notify| free.after(notify)), notify))
        })?
    }

    /// For the searcher: ends the search.
    pub(super) fn stop_searching(&self) {
        self.0.fetch_and(!SEARCHING);
    }

    /// For a spawned thread that has started: becomes the searcher if there is none. The thread looks at the queue in any
    /// case.
    pub(super) fn started(&self) -> bool {
        // Before `SPAWNING` is cleared, so that no push in between has one more thread spawned.
        let is_searching = self.try_search();
        self.0.fetch_and(!SPAWNING);
        is_searching
    }

    /// For a worker that has found nothing: becomes the searcher if there is none.
    pub(super) fn try_search(&self) -> bool {
        self.update(|view| {
            let is_free = view.0 & SEARCHING == 0;
            is_free.then_some((View(view.0 | SEARCHING), ()))
        })
        .is_some()
    }

    /// Counts a worker as parked, and ends its search.
    pub(super) fn park(&self, is_searching: bool) {
        let search = if is_searching { SEARCHING } else { 0 };
        self.0.fetch_add(PARKED - search);
    }

    /// For a parked worker that is to go on without being unparked: becomes the searcher. False if there is one, which
    /// looks at the queue, and may be unparking this very worker.
    pub(super) fn try_unpark_self(&self) -> bool {
        self.update(|view| {
            let is_free = view.0 & SEARCHING == 0;
            is_free.then(|| (View((view.0 - PARKED) | SEARCHING), ()))
        })
        .is_some()
    }

    /// Counts a thread out that leaves, and ends its search.
    pub(super) fn leave(&self, is_searching: bool) {
        let search = if is_searching { SEARCHING } else { 0 };
        self.0.fetch_sub(LIVE + search);
    }

    /// Counts a thread out that could not be spawned. No other is spawned until [`resume_spawning`](Self::resume_spawning).
    pub(super) fn pause_spawning(&self) {
        let _ = self.update(|view| Some((View(((view.0 - LIVE) & !SPAWNING) | SPAWN_PAUSED), ())));
    }

    /// Counts a thread out that will not be spawned. Others may be.
    pub(super) fn cancel_spawn(&self) {
        self.0.fetch_sub(LIVE + SPAWNING);
    }

    /// Lets threads be spawned again.
    pub(super) fn resume_spawning(&self) {
        self.0.fetch_and(!SPAWN_PAUSED);
    }

    /// How many threads exist or are being spawned.
    pub(super) fn live(&self) -> u64 {
        self.0.load() / LIVE
    }

    fn update<R>(&self, change: impl Fn(View) -> Option<(View, R)>) -> Option<R> {
        let mut before = self.0.load();
        loop {
            let (after, result) = change(View(before))?;
            match self.0.compare_exchange_weak(before, after.0) {
                Ok(_) => return Some(result),
                Err(newer) => before = newer,
            }
        }
    }
}

/// One value of the word.
#[derive(Clone, Copy)]
struct View(u64);

impl View {
    /// What to do if there is no searcher: a parked worker is unparked rather than a new one spawned.
    #[inline]
    fn notify(self, max_workers: impl Fn() -> usize) -> Option<Notify> {
        if self.0 & SEARCHING != 0 {
            None
        } else if self.0 & (LIVE - PARKED) != 0 {
            Some(Notify::Unpark)
        } else if self.0 & (SPAWNING | SPAWN_PAUSED) == 0 && self.0 / LIVE < max_workers() as u64 {
            Some(Notify::Spawn)
        } else {
            None
        }
    }

    /// The word after this has been decided on.
    fn after(self, notify: Notify) -> Self {
        Self(match notify {
            Notify::Unpark => (self.0 - PARKED) | SEARCHING,
            Notify::Spawn => (self.0 + LIVE) | SPAWNING,
        })
    }
}
