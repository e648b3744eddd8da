//! The captured launches of one capture, in launch order.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt, mem, thread};

use crate::account::end::End;
use crate::account::site::Site;
use crate::sync::{lock, lock_with_room};
use crate::testing::entry::Entry;
use crate::testing::launcher::{Asked, Launched};
use crate::thread::unwind;

/// The launches of one capture, which several threads may add to.
///
/// Only the capturing thread takes launches out. Nothing is allocated, freed or compared under the lock, because an
/// allocator of the user's may launch.
#[derive(Debug, Default)]
pub(super) struct Store {
    launches: Mutex<Vec<Captured>>,
    /// Set, under the lock, when the capture has ended: later launches run as usual.
    is_closed: AtomicBool,
}

impl Store {
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Adds a launch, or returns its body if the capture has ended.
    pub(super) fn push<B: Launch + 'static>(
        &self,
        function: Launched,
        site: &'static Site,
        launched_at: &'static Location<'static>,
        body: B,
    ) -> Result<(), B> {
        let launch = Box::new(body);
        let mut launches = lock_with_room(&self.launches);
        if self.is_closed() {
            drop(launches);
            return Err(*launch);
        }
        launches.push(Captured {
            function,
            site,
            launched_at,
            launch,
        });
        Ok(())
    }

    /// Ends the capture, and returns the launches that are left.
    pub(super) fn close(&self) -> Vec<Captured> {
        let mut launches = lock(&self.launches);
        self.is_closed.store(true, Ordering::Relaxed);
        mem::take(&mut launches)
    }

    pub(super) fn take_all(&self) -> Vec<Captured> {
        mem::take(&mut lock(&self.launches))
    }

    /// Puts launches back in front of all others.
    pub(super) fn put_back(&self, mut first: Vec<Captured>) {
        loop {
            let mut launches = lock(&self.launches);
            let more = launches.len();
            if first.capacity() - first.len() >= more {
                first.append(&mut launches);
                mem::swap(&mut first, &mut launches);
                // Freed after the lock has been released.
                drop(launches);
                return;
            }
            drop(launches);
            first.reserve(more);
        }
    }

    /// Takes out the launches for which `is_meant` is true.
    pub(super) fn take(&self, is_meant: impl Fn(&Captured) -> bool) -> Vec<Captured> {
        let (meant, others) = self.take_all().into_iter().partition(is_meant);
        self.put_back(others);
        meant
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.launches).len()
    }

    /// Calls `at` with the launches.
    pub(super) fn look<R>(&self, at: impl FnOnce(&[Captured]) -> R) -> R {
        let taken_out = TakenOut {
            store: self,
            launches: self.take_all(),
        };
        at(&taken_out.launches)
    }
}

/// Launches that are put back when this is dropped.
struct TakenOut<'a> {
    store: &'a Store,
    launches: Vec<Captured>,
}

impl Drop for TakenOut<'_> {
    fn drop(&mut self) {
        self.store.put_back(mem::take(&mut self.launches));
    }
}

/// Drops launches one by one, so that two panics of destructors cannot meet and abort the process. The first panic
/// reaches the test, unless the thread is already panicking.
pub(super) fn drop_each(launches: impl IntoIterator<Item = Captured>) {
    let mut first = None;
    for captured in launches {
        if let Err(panic) = unwind::catch(|| drop(captured)) {
            first.get_or_insert(panic);
        }
    }
    if let Some(panic) = first
        && !thread::panicking()
    {
        unwind::resume(&panic);
    }
}

/// One captured launch.
pub(super) struct Captured {
    pub(super) function: Launched,
    pub(super) site: &'static Site,
    pub(super) launched_at: &'static Location<'static>,
    pub(super) launch: Box<dyn Launch>,
}

/// A captured body with its arguments.
pub(super) trait Launch: Send {
    /// Returns the arguments as a tuple.
    fn into_arguments(self: Box<Self>) -> Option<Box<dyn Any>>;

    /// Runs the body up to the first `.await`. A panic of the body is not caught.
    fn begin(
        self: Box<Self>,
        site: &'static Site,
        launched_at: &'static Location<'static>,
    ) -> Begun<End>;
}

/// A body that has ended, or the future of one.
pub enum Begun<T> {
    /// The body has ended with this value.
    Ended(T),
    /// The future of the body.
    Awaits(Pin<Box<dyn Future<Output = T>>>),
}

impl<T> fmt::Debug for Begun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended(_) => "Ended",
            Self::Awaits(_) => "Awaits",
        })
    }
}

impl Captured {
    pub(super) fn entry(&self) -> Entry {
        Entry::new(self.site, self.launched_at)
    }

    /// Returns whether it is a launch of the function that is asked for.
    pub(super) fn is(&self, asked: Asked) -> bool {
        asked.is(self.function, self.site)
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.entry(), f)
    }
}
