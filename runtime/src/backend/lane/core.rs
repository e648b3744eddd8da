//! The queue of a lane, and the protocol by which launches leave it. What a launch and what a runtime is, is left to the
//! [`System`].
//!
//! A lane belongs to one runtime. Launchers push; the *dispatcher*, a task of ours on that runtime, takes launches out and
//! spawns them, so a launcher allocates nothing and takes no lock. A thread that wakes a task keeps it in a slot of its own
//! (tokio's LIFO slot), until it makes another task ready or has nothing else to do; a thread that blocks keeps it there.
//! The invariant: no launch stays in the queue while the dispatcher sleeps or is kept by a thread that blocks, except one
//! launch of that very thread; and none stays in a queue that is closed. So the [`State`] says who woke the dispatcher.
//! Until it has run, further launchers spawn what is queued, as `tokio::spawn` would; where the thread that woke it does
//! so, that displaces the dispatcher, and launches after that are only pushed.

use super::state::{Notify, State, ThreadToken};
use crate::queue::ring::{Occupied, Ring, Vacant};

/// What the protocol asks of its surroundings.
pub(in crate::backend) trait System<T> {
    /// Wakes the dispatcher.
    fn wake(&self);

    /// Spawns an item from the calling thread.
    fn spawn(&self, item: Occupied<'_, T>);
}

/// The queue of a lane, with its state beside the tail.
#[derive(Debug)]
pub(in crate::backend) struct Core<T> {
    queue: Ring<T, State>,
}

/// What the dispatcher has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(in crate::backend) enum Found {
    /// As many items as it may spawn before it yields.
    Much,
    /// Some, until the queue was empty.
    All,
    Nothing,
}

impl<T> Core<T> {
    /// Makes the queue for a dispatcher that is about to be spawned: with a token, by that thread of the runtime.
    pub(in crate::backend) fn new(capacity: usize, spawned_by: Option<ThreadToken>) -> Self {
        Self {
            queue: Ring::new(capacity, State::new(spawned_by)),
        }
    }

    /// Pushes and pops an item, so that each atomic has been written: of one that has not, loom also shows what was before
    /// a sequentially consistent exchange.
    #[cfg(all(test, fire_and_forget_loom))]
    pub(super) fn use_once(&self, item: T) {
        if let Some(vacant) = self.claim() {
            vacant.fill(item);
        }
        self.queue.pop();
        self.state().write_again();
    }

    /// Claims a slot for an item. The caller fills it at once, and then calls [`filled`](Self::filled). None when the queue
    /// is full.
    #[inline]
    pub(in crate::backend) fn claim(&self) -> Option<Vacant<'_, T>> {
        self.queue.claim()
    }

    /// Wakes the dispatcher if it sleeps, or spawns what is queued. With a token, the caller is that thread of the runtime.
    #[inline]
    pub(in crate::backend) fn filled(&self, by: Option<ThreadToken>, system: &impl System<T>) {
        match self.state().pushed(by) {
            Notify::Nothing => {}
            Notify::Wake => system.wake(),
            Notify::Spawn => {
                let spawned = self.spawn_all(system);
                // The second item displaces the first to where all threads take it, and that wakes one of them. A single item
                // is not enough: after `block_in_place` the dispatcher may not be in the slot of this thread, so that item
                // displaced nothing and woke no thread.
                if let Some(by) = by.filter(|_| spawned > 1) {
                    self.state().placed(by);
                }
            }
        }
    }

    /// For the dispatcher: spawns what is queued, `most` items at a time.
    #[inline]
    pub(in crate::backend) fn look(&self, most: usize, system: &impl System<T>) -> Found {
        self.state().runs();
        self.help(most, system)
    }

    /// Spawns what is queued, `most` items at a time, beside a dispatcher that runs. The protocol does not rely on it.
    #[inline]
    pub(in crate::backend) fn help(&self, most: usize, system: &impl System<T>) -> Found {
        let mut found = Found::Nothing;
        for _ in 0..most {
            let Some(item) = self.queue.take() else {
                return found;
            };
            system.spawn(item);
            found = Found::All;
            // Cheaper than to take, and enough: the dispatcher looks again before it sleeps.
            if !self.queue.looks_ready() {
                return found;
            }
        }
        Found::Much
    }

    /// For the dispatcher: may it sleep until it is woken? False if it has to look again.
    #[inline]
    pub(in crate::backend) fn sleep(&self) -> bool {
        self.queue.begin_anew();
        self.state().sleeps();
        let may_sleep = self.queue.is_empty();
        if !may_sleep {
            // A launcher that pushed before may have read that the dispatcher is awake.
            self.state().runs();
        }
        may_sleep
    }

    /// May there be an item? A look costs the producers nothing.
    #[cfg(feature = "tokio")]
    pub(in crate::backend) fn looks_ready(&self) -> bool {
        self.queue.looks_ready()
    }

    /// For the dispatcher, when it is dropped: hands what is queued to `drop_item`. Each later item is spawned by its
    /// launcher.
    pub(in crate::backend) fn close(&self, mut drop_item: impl FnMut(T)) {
        self.state().close();
        while let Some(item) = self.queue.pop() {
            drop_item(item);
        }
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(in crate::backend) fn is_closed(&self) -> bool {
        self.state().is_closed()
    }

    /// Spawns all that is queued, and returns how many items there were.
    fn spawn_all(&self, system: &impl System<T>) -> usize {
        let mut spawned = 0;
        while let Some(item) = self.queue.take() {
            system.spawn(item);
            spawned += 1;
        }
        spawned
    }

    #[inline]
    fn state(&self) -> &State {
        self.queue.beside_tail()
    }
}
