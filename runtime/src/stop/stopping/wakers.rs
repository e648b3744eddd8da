//! The wakers of tasks that wait for one change of the process.

use std::mem;
use std::task::Waker;

use crate::sync::process::Mutex;
use crate::sync::{lock, with_room};
use crate::thread::unwind;

/// Wakers, each kept until it is woken or removed, in constant time and without an allocation for each.
///
/// They are the user's code: none is cloned, woken or dropped under the lock.
#[derive(Debug)]
pub(crate) struct Wakers {
    slots: Mutex<Slots>,
}

/// Where a waker is kept. It belongs to the one future that was given it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key(usize);

#[derive(Debug)]
struct Slots {
    list: Vec<Slot>,
    /// The first slot that nobody has; the next one is in it.
    free: Option<usize>,
    /// How many slots somebody has.
    taken: usize,
}

#[derive(Debug)]
enum Slot {
    /// None: it has been woken.
    Taken(Option<Waker>),
    Free {
        next: Option<usize>,
    },
}

impl Wakers {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Mutex::new(Slots {
                list: Vec::new(),
                free: None,
                taken: 0,
            }),
        }
    }

    /// Keeps a waker, in place of that of the key if there is one, which is returned.
    pub(crate) fn keep(&self, key: Option<Key>, waker: Waker) -> (Key, Option<Waker>) {
        // An allocator is the user's code, too.
        let mut slots = with_room(|| lock(&self.slots), |slots| &mut slots.list);
        let waker = Slot::Taken(Some(waker));
        if let Some(key) = key {
            let older = mem::replace(&mut slots.list[key.0], waker);
            return (key, older.into_waker());
        }
        slots.taken += 1;
        let Some(index) = slots.free else {
            slots.list.push(waker);
            return (Key(slots.list.len() - 1), None);
        };
        if let Slot::Free { next } = mem::replace(&mut slots.list[index], waker) {
            slots.free = next;
        }
        (Key(index), None)
    }

    /// Forgets the key, and returns what is kept there.
    pub(crate) fn remove(&self, key: Key) -> Option<Waker> {
        let mut slots = lock(&self.slots);
        let free = Slot::Free { next: slots.free };
        let older = mem::replace(&mut slots.list[key.0], free);
        slots.free = Some(key.0);
        slots.taken -= 1;
        let is_unused = slots.taken == 0 && slots.list.len() > FEW;
        let unused = if is_unused {
            slots.free = None;
            mem::take(&mut slots.list)
        } else {
            Vec::new()
        };
        drop(slots);
        drop(unused);
        older.into_waker()
    }

    /// Wakes all that were kept before.
    pub(crate) fn wake_all(&self) {
        let until = lock(&self.slots).list.len();
        // One after the other: another thread goes on with the rest where one gets stuck.
        for index in 0..until {
            let waker = match lock(&self.slots).list.get_mut(index) {
                Some(Slot::Taken(waker)) => waker.take(),
                Some(Slot::Free { .. }) | None => None,
            };
            if let Some(waker) = waker {
                // Each caught by itself: a panic goes no further.
                let _ = unwind::catch(|| waker.wake());
            }
        }
    }
}

impl Slot {
    fn into_waker(self) -> Option<Waker> {
        match self {
            Self::Taken(waker) => waker,
            Self::Free { .. } => None,
        }
    }
}

/// So many slots are kept for the next ones.
const FEW: usize = 64;
