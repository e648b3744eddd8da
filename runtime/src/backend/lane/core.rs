//! The queue of a lane and its protocol, apart from what a launch is and from what a runtime is.
//!
//! What must not happen: a launch lies in the queue while our task sleeps, or while it lies where a thread that blocks keeps it;
//! but for one launch of that very thread. And none may come into a queue that nobody empties any more.

use super::state::{Notify, State, ThreadToken};
use crate::queue::ring::{Occupied, Ring, Vacant};

/// What the protocol asks of its surroundings.
pub(in crate::backend) trait System<T> {
    /// Makes our task ready.
    fn wake(&self);

    /// Spawns an item, from the thread that calls.
    fn spawn(&self, item: Occupied<'_, T>);
}

#[derive(Debug)]
pub(in crate::backend) struct Core<T> {
    queue: Ring<T, State>,
}

/// What our task has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(in crate::backend) enum Found {
    /// So much that it gives way before it goes on.
    Much,
    /// All there was.
    All,
    Nothing,
}

impl<T> Core<T> {
    /// Of a task that was just spawned, by a thread of the runtime if there is a token.
    pub(in crate::backend) fn new(capacity: usize, spawned_by: Option<ThreadToken>) -> Self {
        Self {
            queue: Ring::new(capacity, State::new(spawned_by)),
        }
    }

    /// As if it had been used: of what nobody has written, loom also shows what was before a sequentially consistent exchange.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn use_once(&self, item: T) {
        if let Some(vacant) = self.claim() {
            vacant.fill(item);
        }
        self.queue.pop();
        self.state().write_again();
    }

    /// Claims a place for an item; it is to be filled at once, and then [`filled`](Self::filled) sees to it that somebody looks.
    /// None when the queue is full.
    #[inline]
    pub(in crate::backend) fn claim(&self) -> Option<Vacant<'_, T>> {
        self.queue.claim()
    }

    /// A place was filled, by a thread of the runtime if there is a token.
    #[inline]
    pub(in crate::backend) fn filled(&self, by: Option<ThreadToken>, system: &impl System<T>) {
        match self.state().pushed(by) {
            Notify::Nothing => {}
            Notify::Wake => system.wake(),
            Notify::Spawn(is_mine) => {
                let spawned = self.spawn_all(system);
                // Of two, the second moves the first to where others take it, and calls one of them. Of one that is not sure: our
                // task may not lie where this thread has woken it (`block_in_place`), and then nobody was called.
                if let Some(by) = by.filter(|_| is_mine && spawned > 1) {
                    self.state().placed(by);
                }
            }
        }
    }

    /// For our task: spawns what there is, `most` items at a time.
    pub(in crate::backend) fn look(&self, most: usize, system: &impl System<T>) -> Found {
        self.state().runs();
        for number in 0..most {
            let Some(item) = self.queue.take() else {
                return if number == 0 {
                    Found::Nothing
                } else {
                    Found::All
                };
            };
            system.spawn(item);
        }
        Found::Much
    }

    /// For our task: may it sleep until it is woken? Else it has to look again.
    pub(in crate::backend) fn sleep(&self) -> bool {
        self.queue.begin_anew();
        self.state().sleeps();
        let may_sleep = self.queue.is_empty();
        if !may_sleep {
            // Whoever pushed meanwhile may have found it awake.
            self.state().runs();
        }
        may_sleep
    }

    /// May there be something? Costs producers nothing.
    #[cfg(feature = "tokio")]
    pub(in crate::backend) fn looks_ready(&self) -> bool {
        self.queue.looks_ready()
    }

    /// For our task, when it is dropped: `drop_item` gets what there is. What comes later is spawned by who pushes it.
    pub(in crate::backend) fn close(&self, mut drop_item: impl FnMut(T)) {
        self.state().close();
        while let Some(item) = self.queue.pop() {
            drop_item(item);
        }
    }

    #[cfg(feature = "tokio")]
    pub(in crate::backend) fn is_closed(&self) -> bool {
        self.state().is_closed()
    }

    /// Returns how many there were.
    fn spawn_all(&self, system: &impl System<T>) -> usize {
        let mut spawned = 0;
        while let Some(item) = self.queue.take() {
            system.spawn(item);
            spawned += 1;
        }
        spawned
    }

    fn state(&self) -> &State {
        self.queue.beside_tail()
    }
}
