//! The state of a pool's workers in one word: is one searching, how many are parked, how many are there.

use crate::sync::OrderedU64;

/// Producers read it after each push: most find that nothing is to be done.
///
/// A push changes the queue and then reads this word. A worker that parks changes this word and then reads the queue. So one
/// of the two sees the other.
#[derive(Debug)]
pub(super) struct State(OrderedU64);

/// Set while there is a searcher: one worker that is about to look at the queue, or one that is being woken to do so.
///
/// At most one is the searcher. It has to look at the queue. If it finds an item, it hands the search over to another worker, or
/// ends it; whoever ends it looks at the queue once more. So nobody else needs to wake a worker meanwhile. Only the searcher
/// clears the bits of parked workers.
const SEARCHING: u64 = 1;
/// Set while a thread is being spawned that has not started: it looks at the queue when it starts, so no other one is spawned.
/// That may take long; parked workers are unparked meanwhile.
const SPAWNING: u64 = 1 << 1;
/// The system has refused a thread: none is spawned until the service thread clears this.
const SPAWN_PAUSED: u64 = 1 << 2;
/// The parked workers are counted from here.
const PARKED: u64 = 1 << 3;
/// The threads that exist or are being spawned are counted from here.
const LIVE: u64 = 1 << 32;

/// What whoever has changed the word has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Notify {
    /// Unpark one worker, which is the searcher then.
    Unpark,
    /// Spawn a thread, which calls [`started`](State::started).
    Spawn,
}

impl State {
    pub(super) fn new() -> Self {
        Self(OrderedU64::new(0))
    }

    /// Has a worker to be unparked or spawned? Asked after each push.
    ///
    /// How many workers there may be is asked after the word is read: who has seen what a worker did sees that number.
    #[inline]
    pub(super) fn needs_notify(&self, max_workers: impl Fn() -> usize) -> bool {
        View(self.0.load()).notify(max_workers).is_some()
    }

    /// Begins a search, if there is no searcher and a worker can be unparked or spawned.
    pub(super) fn try_notify(&self, max_workers: impl Fn() -> usize) -> Option<Notify> {
        self.update(|view| {
            let notify = view.notify(&max_workers)?;
            Some((view.after(notify), notify))
        })
    }

    /// Begins a search, if there is no searcher and a worker is parked.
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

    /// For a thread that was spawned, and has started: becomes the searcher if there is none. It looks at the queue in any case.
    pub(super) fn started(&self) -> bool {
        // First, so that nobody spawns one more thread in between.
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

    /// For a parked worker that wants to go on by itself: becomes the searcher. False if there is one, which looks at the queue,
    /// and may be unparking this worker.
    pub(super) fn try_unpark_self(&self) -> bool {
        self.update(|view| {
            let is_free = view.0 & SEARCHING == 0;
            is_free.then(|| (View((view.0 - PARKED) | SEARCHING), ()))
        })
        .is_some()
    }

    /// A thread has ended, and with it its search.
    pub(super) fn leave(&self, is_searching: bool) {
        let search = if is_searching { SEARCHING } else { 0 };
        self.0.fetch_sub(LIVE + search);
    }

    /// The thread could not be spawned; none is until [`resume_spawning`](Self::resume_spawning).
    pub(super) fn pause_spawning(&self) {
        let _ = self.update(|view| Some((View(((view.0 - LIVE) & !SPAWNING) | SPAWN_PAUSED), ())));
    }

    /// The thread will not be spawned; others may be.
    pub(super) fn cancel_spawn(&self) {
        self.0.fetch_sub(LIVE + SPAWNING);
    }

    /// Threads may be spawned again.
    pub(super) fn resume_spawning(&self) {
        self.0.fetch_and(!SPAWN_PAUSED);
    }

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
    /// What to do if there is no searcher. Unparks a worker rather than spawning one.
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

    fn after(self, notify: Notify) -> Self {
        Self(match notify {
            Notify::Unpark => (self.0 - PARKED) | SEARCHING,
            Notify::Spawn => (self.0 + LIVE) | SPAWNING,
        })
    }
}
