//! Who looks after the queue of a pool, in one word.

use crate::sync::OrderedU64;

/// What callers read after each push: most find that nothing is to be done.
///
/// A push changes the queue and then reads this word; a worker that goes to rest changes this word and then reads the
/// queue: one of the two sees the other.
#[derive(Debug)]
pub(super) struct Word(OrderedU64);

/// Set while somebody is about to look at the queue: a worker that searches, or one that is being woken. This is a token
/// with one holder. Whoever takes it has to look, and on finding work either hands it on to another worker or gives it
/// back; so nobody else needs to wake anyone meanwhile. Only its holder takes resting workers off the list.
const SEARCHING: u64 = 1;
/// Set while a thread is asked for that has not come: it looks when it comes, so no other one is asked for. That may take
/// long, and what workers at rest can do does not wait for it.
const HIRING: u64 = 1 << 1;
/// The system has refused a thread: none is asked for until the service thread lifts this.
const FROZEN: u64 = 1 << 2;
/// The workers at rest are counted from here.
const RESTING: u64 = 1 << 3;
/// The threads that exist or are being created are counted from here.
const LIVE: u64 = 1 << 32;

/// What is to be done by who has changed the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Call {
    /// Take one worker off the list of those at rest, and wake it: it has the token then.
    Wake,
    /// Have a thread created, which [arrives](Word::arrive).
    Hire,
}

impl Word {
    pub(super) fn new() -> Self {
        Self(OrderedU64::new(0))
    }

    /// Is there work for somebody who would have to be called? Asked after each push.
    ///
    /// How many seats there are is asked after the word is read: who has seen what a worker did sees its seat.
    #[inline]
    pub(super) fn wants_call(&self, seats: impl Fn() -> usize) -> bool {
        View(self.0.load()).call(seats).is_some()
    }

    /// Says whom to call, if the token is free and there is somebody.
    pub(super) fn try_call(&self, seats: impl Fn() -> usize) -> Option<Call> {
        self.update(|view| {
            let call = view.call(&seats)?;
            Some((view.after(call), call))
        })
    }

    /// Takes the token, if it is free and a worker is at rest.
    pub(super) fn try_wake(&self) -> Option<Call> {
        self.try_call(|| 0)
    }

    /// For the holder: hands the token on if there is somebody to call, and gives it back if not.
    pub(super) fn hand_on(&self, seats: impl Fn() -> usize) -> Option<Call> {
        self.update(|view| {
            let free = View(view.0 & !SEARCHING);
            let call = free.call(&seats);
            Some((call.map_or(free, |call| free.after(call)), call))
        })?
    }

    /// For the holder: gives the token back.
    pub(super) fn stop_searching(&self) {
        self.0.fetch_and(!SEARCHING);
    }

    /// For a thread that was asked for, and is there: takes the token if it is free. It looks at the queue in any case.
    pub(super) fn arrive(&self) -> bool {
        // First, so that nobody asks for one more thread in between.
        let has_token = self.try_search();
        self.0.fetch_and(!HIRING);
        has_token
    }

    /// For a worker that has found nothing: takes the token if it is free.
    pub(super) fn try_search(&self) -> bool {
        self.update(|view| {
            let is_free = view.0 & SEARCHING == 0;
            is_free.then_some((View(view.0 | SEARCHING), ()))
        })
        .is_some()
    }

    /// Counts a worker as at rest; with it the token goes back, if the worker has it.
    pub(super) fn rest(&self, is_searching: bool) {
        let token = if is_searching { SEARCHING } else { 0 };
        self.0.fetch_add(RESTING - token);
    }

    /// For a worker at rest that wants to get up by itself: takes the token. False if somebody else has it, who looks
    /// at the queue, and may be waking this worker.
    pub(super) fn try_get_up(&self) -> bool {
        self.update(|view| {
            let is_free = view.0 & SEARCHING == 0;
            is_free.then(|| (View((view.0 - RESTING) | SEARCHING), ()))
        })
        .is_some()
    }

    /// A thread has ended; with it the token goes back, if it has it.
    pub(super) fn leave(&self, is_searching: bool) {
        let token = if is_searching { SEARCHING } else { 0 };
        self.0.fetch_sub(LIVE + token);
    }

    /// The thread that was asked for could not be created.
    pub(super) fn freeze(&self) {
        let _ = self.update(|view| Some((View(((view.0 - LIVE) & !HIRING) | FROZEN), ())));
    }

    /// The thread that was asked for will not be created; others may be.
    pub(super) fn give_up_hiring(&self) {
        self.0.fetch_sub(LIVE + HIRING);
    }

    /// Threads may be asked for again.
    pub(super) fn thaw(&self) {
        self.0.fetch_and(!FROZEN);
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
    /// Whom somebody without the token should call. A resting worker rather than a new thread.
    #[inline]
    fn call(self, seats: impl Fn() -> usize) -> Option<Call> {
        if self.0 & SEARCHING != 0 {
            None
        } else if self.0 & (LIVE - RESTING) != 0 {
            Some(Call::Wake)
        } else if self.0 & (HIRING | FROZEN) == 0 && self.0 / LIVE < seats() as u64 {
            Some(Call::Hire)
        } else {
            None
        }
    }

    fn after(self, call: Call) -> Self {
        Self(match call {
            Call::Wake => (self.0 - RESTING) | SEARCHING,
            Call::Hire => (self.0 + LIVE) | HIRING,
        })
    }
}
