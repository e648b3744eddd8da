//! The state of a lane in one word: does the dispatcher run, does it sleep, or which thread has woken it?
//!
//! Launchers read it after each push, and most find that nothing is to be done. Every access is sequentially consistent: a
//! push changes the queue and then reads this word, and the dispatcher writes that it sleeps and then reads the queue. So
//! the push sees that it sleeps, or the dispatcher sees the item. Why the word names a thread is in `core.rs`: a task that
//! was woken is not one that runs, since the thread that keeps it may block first.

use crate::sync::OrderedU64;

/// The word: one of the values below, or the token of a thread.
#[derive(Debug)]
pub(in crate::backend) struct State(OrderedU64);

/// The dispatcher sleeps: the next launcher wakes it. Written by the dispatcher, which looks at the queue once more.
const ASLEEP: u64 = 0;
/// The dispatcher runs, or is where any thread of the runtime takes it. Written by the dispatcher before it looks, and by a
/// launcher that knows.
const AWAKE: u64 = 1;
/// The dispatcher was dropped with its runtime. It is the last value.
const CLOSED: u64 = 2;
// Each other value is a token: that thread has woken the dispatcher, which has not run since.

/// A thread, told from others by a number above the values that the word has otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) struct ThreadToken(u64);

impl ThreadToken {
    /// Takes a number that no other thread has, such as the address of one of its thread-locals.
    pub(in crate::backend) fn new(number: u64) -> Self {
        debug_assert!(number > CLOSED);
        Self(number)
    }
}

/// What a launcher has to do after a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(in crate::backend) enum Notify {
    /// Nothing: the dispatcher looks.
    Nothing,
    /// Wake the dispatcher.
    Wake,
    /// Take out what is queued, and spawn it, since it is unknown when the dispatcher will run. A thread of the runtime that
    /// has spawned two items then calls [`State::placed`].
    Spawn,
}

impl State {
    /// The state of a dispatcher that is about to be spawned: with a token, by that thread of the runtime.
    pub(in crate::backend) fn new(spawned_by: Option<ThreadToken>) -> Self {
        Self(OrderedU64::new(woken(spawned_by)))
    }

    /// Says what to do after a push. With a token, the caller is that thread of the runtime.
    #[inline]
    pub(in crate::backend) fn pushed(&self, by: Option<ThreadToken>) -> Notify {
        match self.0.load() {
            AWAKE => Notify::Nothing,
            seen => self.pushed_unseen(seen, by),
        }
    }

    #[inline]
    fn pushed_unseen(&self, mut seen: u64, by: Option<ThreadToken>) -> Notify {
        loop {
            match seen {
                AWAKE => return Notify::Nothing,
                ASLEEP => match self.0.compare_exchange_weak(ASLEEP, woken(by)) {
                    Ok(_) => return Notify::Wake,
                    Err(newer) => seen = newer,
                },
                _ => return Notify::Spawn,
            }
        }
    }

    /// Notes that this thread has spawned two items: if it had woken the dispatcher, that is displaced to where any thread
    /// takes it.
    pub(in crate::backend) fn placed(&self, by: ThreadToken) {
        let mut seen = by.0;
        // If another thread has woken the dispatcher, or it has run meanwhile, the word is another, and this fails for good.
        while let Err(newer) = self.0.compare_exchange_weak(seen, AWAKE) {
            if newer != by.0 {
                return;
            }
            seen = newer;
        }
    }

    /// Notes that the dispatcher runs. Called before it looks at the queue.
    pub(in crate::backend) fn runs(&self) {
        // Only the dispatcher closes the lane, so no `CLOSED` is overwritten.
        self.0.swap(AWAKE);
    }

    /// Notes that the dispatcher sleeps. It then looks once more, and if there is an item, it first notes that it runs.
    pub(in crate::backend) fn sleeps(&self) {
        self.0.swap(ASLEEP);
    }

    /// Notes that the dispatcher is gone. What is queued, and what comes, is for the thread that finds it.
    pub(in crate::backend) fn close(&self) {
        self.0.swap(CLOSED);
    }

    /// See `Core::use_once`.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn write_again(&self) {
        self.0.swap(self.0.load());
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(in crate::backend) fn is_closed(&self) -> bool {
        self.0.load() == CLOSED
    }
}

/// The word after a wake-up. Without a token it came from outside the runtime, and any thread takes the dispatcher.
#[inline]
fn woken(by: Option<ThreadToken>) -> u64 {
    by.map_or(AWAKE, |by| by.0)
}
