//! The count of a launch, and what the first launch of a function does besides.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use crate::account::functions;
use crate::account::site::{On, Queue, Site};
use crate::stop::{exit, fork};
use crate::sync::process::thread_local;
use crate::thread::unwind;

impl Site {
    /// Counts a launch; the first one also enters the function into the ledger.
    ///
    /// `SeqCst`: shutdown stores its state and then reads this counter, a launch increments it and then reads
    /// that state, so one of them sees the other.
    ///
    /// Returns how many there were before.
    #[inline]
    pub(crate) fn launch(&'static self, backend: &dyn Fn() -> On) -> u64 {
        if !self.starts.registered.load(Ordering::Acquire) {
            self.register(backend);
        }
        self.starts.launched.fetch_add(1, Ordering::SeqCst)
    }

    /// Enters the function into the ledger without a launch.
    #[cfg(feature = "durable")]
    pub(crate) fn enter_ledger(&'static self, backend: &dyn Fn() -> On) {
        if !self.starts.registered.load(Ordering::Acquire) {
            self.register(backend);
        }
    }

    /// Enters the function into the list. Two first launches may race: both do, and one of the two entries counts.
    #[cold]
    fn register(&'static self, backend: &dyn Fn() -> On) {
        fork::install();
        exit::install();
        // Now, because the exit of the process must not allocate.
        self.name();
        if self.backend.get().is_none()
            && let Some(on) = ask(backend)
        {
            // A racing first launch may have set the same.
            let _ = self.backend.set(on);
        }
        if let Some(family) = self.family {
            // Whoever sees this site in the list sees the row of its function.
            functions::append(family.sites.first_or(self));
        }
        functions::append(self);
        // Otherwise the next launch asks again.
        if self.backend.get().is_some() {
            self.starts.registered.store(true, Ordering::Release);
        }
    }
}

/// Asks for the backend of a function. It may be one of the user's: it may panic even here; and launch, which asks again, of the
/// same or another function. So that it does not go on so for ever, nothing is asked by what is launched there in its turn.
fn ask(backend: &dyn Fn() -> On) -> Option<On> {
    let asking = ASKING.with(Cell::get);
    if asking >= 2 {
        return None;
    }
    ASKING.with(|it| it.set(asking + 1));
    let on = unwind::catch(backend);
    ASKING.with(|it| it.set(asking));
    Some(on.unwrap_or(On {
        name: "?",
        queue: Queue::Unknown,
    }))
}

thread_local! {
    /// How many backends this thread asks, one in the other.
    static ASKING: Cell<u32> = const { Cell::new(0) };
}
