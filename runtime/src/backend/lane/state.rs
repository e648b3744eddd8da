//! Who will look at what lies in a lane, in one word.

use crate::sync::OrderedU64;

/// What launchers read after each push: most find that nothing is to be done.
///
/// A push changes the queue and then reads this word; our task says that nobody looks and then reads the queue: one of the two
/// sees the other.
///
/// A task that a thread of a runtime wakes lies in a place of that thread from which no other thread takes it, until the
/// thread makes another task ready, or has nothing else to do. So a task that was woken is not one that will run: whoever woke it
/// may block first.
#[derive(Debug)]
pub(in crate::backend) struct State(OrderedU64);

/// Our task sleeps.
const ASLEEP: u64 = 0;
/// Our task runs, or lies where any thread of the runtime takes it.
const AWAKE: u64 = 1;
/// There is no task any more.
const CLOSED: u64 = 2;
// All others: our task was woken by this thread, and has not run since.

/// A thread, to tell it from others: above what the word says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) struct ThreadToken(u64);

impl ThreadToken {
    /// From a number that no other thread has, such as the address of one of its variables.
    pub(in crate::backend) fn new(number: u64) -> Self {
        debug_assert!(number > CLOSED);
        Self(number)
    }
}

/// What is to be done by who has pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(in crate::backend) enum Notify {
    /// Somebody looks.
    Nothing,
    /// Wake our task.
    Wake,
    /// Nobody knows when our task will run: take out what there is, and spawn it. True: if that is more than one, our task is one
    /// that any thread takes, which is then to be said by [`State::placed`].
    Spawn(bool),
}

impl State {
    /// Of a task that was just spawned, by a thread of the runtime if there is a token.
    pub(in crate::backend) fn new(spawned_by: Option<ThreadToken>) -> Self {
        Self(OrderedU64::new(woken(spawned_by)))
    }

    /// Asked after each push, by a thread of the runtime if there is a token.
    #[inline]
    pub(in crate::backend) fn pushed(&self, by: Option<ThreadToken>) -> Notify {
        match self.0.load() {
            AWAKE => Notify::Nothing,
            seen => self.pushed_unseen(seen, by),
        }
    }

    #[cold]
    fn pushed_unseen(&self, mut seen: u64, by: Option<ThreadToken>) -> Notify {
        loop {
            match seen {
                AWAKE => return Notify::Nothing,
                ASLEEP => match self.0.compare_exchange_weak(ASLEEP, woken(by)) {
                    Ok(_) => return Notify::Wake,
                    Err(newer) => seen = newer,
                },
                CLOSED => return Notify::Spawn(false),
                token => return Notify::Spawn(by.is_some_and(|by| by.0 == token)),
            }
        }
    }

    /// This thread, which had woken our task, has made another one ready since: ours lies where any thread takes it.
    pub(in crate::backend) fn placed(&self, by: ThreadToken) {
        let mut seen = by.0;
        // It fails for good if our task has run meanwhile.
        while let Err(newer) = self.0.compare_exchange_weak(seen, AWAKE) {
            if newer != by.0 {
                return;
            }
            seen = newer;
        }
    }

    /// Our task runs. To be said before it looks.
    pub(in crate::backend) fn runs(&self) {
        // It alone closes the lane, so that is not lost.
        self.0.swap(AWAKE);
    }

    /// Our task has found nothing. It has to look once more, and to say so first if there is something.
    pub(in crate::backend) fn sleeps(&self) {
        self.0.swap(ASLEEP);
    }

    /// Our task is gone. What is in the queue, and what comes, is for whoever finds it.
    pub(in crate::backend) fn close(&self) {
        self.0.swap(CLOSED);
    }

    /// See `Core::use_once`.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn write_again(&self) {
        self.0.swap(self.0.load());
    }

    #[cfg(feature = "tokio")]
    pub(in crate::backend) fn is_closed(&self) -> bool {
        self.0.load() == CLOSED
    }
}

/// What a thread outside of the runtime wakes, any thread takes.
fn woken(by: Option<ThreadToken>) -> u64 {
    by.map_or(AWAKE, |by| by.0)
}
