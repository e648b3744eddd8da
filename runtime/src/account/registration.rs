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
    /// `SeqCst`: a launch increments this counter and then reads the state of the shutdown; a shutdown writes its
    /// state and then reads the counter. So one of the two sees the other.
    ///
    /// Returns how many launches there were before.
    #[inline]
    pub(crate) fn launch(&'static self, backend: &dyn Fn() -> On) -> u64 {
        self.enter_ledger(backend);
        self.starts.launched.fetch_add(1, Ordering::SeqCst)
    }

    /// Enters the function into the ledger without a launch.
    #[inline]
    pub(crate) fn enter_ledger(&'static self, backend: &dyn Fn() -> On) {
        if !self.starts.registered.load(Ordering::Acquire) {
            self.register(backend);
        }
    }

    /// Adds the function to the list. If two first launches race, both add it, and one of the entries counts.
    #[cold]
    fn register(&'static self, backend: &dyn Fn() -> On) {
        fork::install();
        exit::install();
        // The name is made now, because the exit handler must not allocate.
        self.name();
        if self.backend.get().is_none()
            && let Some(on) = ask(backend)
        {
            // A racing first launch may have set the same value.
            let _ = self.backend.set(on);
        }
        if let Some(family) = self.family {
            // The first site must be set before the append: code that finds this site in the list looks for the row
            // there.
            functions::append(family.sites.first_or(self));
        }
        functions::append(self);
        // If the backend is still unknown, the next launch asks again.
        if self.backend.get().is_some() {
            self.starts.registered.store(true, Ordering::Release);
        }
    }
}

/// Asks the backend for its name. A backend of the user's may panic here, or launch, which asks again. A launch made
/// inside that second call does not ask, so the recursion ends.
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
    /// How many of these calls are nested on this thread.
    static ASKING: Cell<u32> = const { Cell::new(0) };
}
