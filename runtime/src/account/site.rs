//! What the ledger keeps per annotated function, and the list of all functions that have launched.

use std::fmt;
use std::panic::{Location, RefUnwindSafe};
use std::sync::atomic::Ordering;

use crate::account::class::Class;
use crate::account::counts::Counts;
use crate::account::marks::Marks;
use crate::account::name::WholeName;
use crate::queue::capacity::{Permit, Room};
#[cfg(feature = "metrics")]
use crate::report::labels::Labels;
use crate::stop::waiting;
#[cfg(feature = "metrics")]
use crate::sync::get_or_make;
use crate::sync::process::{AtomicBool, AtomicU64, AtomicUsize, OnceLock};

#[cfg(feature = "tracing")]
use crate::trace::callsite::{Function, OfFunction};
#[cfg(feature = "tracing")]
use crate::trace::{Origin, Trace};

/// One annotated function: the only `static` that the attribute emits. Where the backend is chosen at each launch, that is
/// [`Sites`], and a site is the function on one backend.
///
/// Instances of a generic function share it.
///
/// In two pairs of cache lines: what a launch reads and writes, with what is only read in reports beside it; and what
/// those write that run bodies. With the feature `tracing`, what is known of its spans comes in a third.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct Site {
    pub(super) starts: Starts,
    /// As it is written.
    name: &'static str,
    defined_at: &'static Location<'static>,
    pub(super) backend: OnceLock<On>,
    /// Its number in the list of all functions.
    number: AtomicUsize,
    /// All of the function's sites, where its backend is chosen at each launch and this is the site of one.
    pub(super) family: Option<&'static Family>,
    #[cfg(feature = "metrics")]
    labels: OnceLock<Box<Labels>>,
    ends: Ends,
    #[cfg(feature = "tracing")]
    origin: Origin,
}

/// The backend of a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct On {
    pub(crate) name: &'static str,
    pub(crate) queue: Queue,
}

/// In which queue the launches of a function wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Queue {
    /// In that of a backend of this crate, known by who waits for room there.
    Of(&'static Room),
    /// In that of an executor.
    OfExecutor,
    /// A backend of the user's knows; it may hand them to a pool of this crate.
    Unknown,
}

/// Written by launching threads.
#[derive(Debug)]
pub(super) struct Starts {
    pub(super) launched: AtomicU64,
    /// Set, together with `Site::backend`, by the first launch.
    pub(super) registered: AtomicBool,
    /// Here because there is room for it beside that.
    marks: Marks,
    /// How many had ended when that was last looked up: the count itself lies on a line that others write.
    ended_before: AtomicU64,
    /// Admitted and not ended, counted only for functions with a limit of their own.
    permits: AtomicUsize,
}

/// Written by the threads that run bodies.
#[derive(Debug)]
#[repr(align(128))]
struct Ends {
    ok: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    lost: AtomicU64,
    refused: AtomicU64,
    /// Who waits for a permit.
    room: Room,
    /// Not theirs: it has room here, and is made once.
    whole_name: WholeName,
}

#[cfg(not(fire_and_forget_shuttle))]
const _: () = assert!(size_of::<Site>() == if cfg!(feature = "tracing") { 384 } else { 256 });

// No panic leaves it half changed. By itself it would be so only without the feature `tracing`, and features take nothing away.
impl RefUnwindSafe for Site {}

impl Site {
    /// The place is the caller's: the expansion gives the call the span of the function's name.
    ///
    /// # Panics
    ///
    /// When the name is blank, and so at compile time.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        assert!(!name.trim_ascii().is_empty(), "`name` is empty");
        Self::fresh(name, Location::caller())
    }

    /// The site of a function on one of the backends that it is launched on.
    pub(super) const fn on_one_backend(family: &'static Family) -> Self {
        let function = family.function;
        let mut site = Self::fresh(function.name, function.defined_at);
        site.family = Some(family);
        site.starts.marks = function.starts.marks.fresh();
        site
    }

    const fn fresh(name: &'static str, defined_at: &'static Location<'static>) -> Self {
        Self {
            name,
            defined_at,
            backend: OnceLock::new(),
            number: AtomicUsize::new(NOT_LISTED),
            family: None,
            #[cfg(feature = "metrics")]
            labels: OnceLock::new(),
            starts: Starts {
                launched: AtomicU64::new(0),
                registered: AtomicBool::new(false),
                marks: Marks::none(),
                ended_before: AtomicU64::new(0),
                permits: AtomicUsize::new(0),
            },
            ends: Ends {
                ok: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                panicked: AtomicU64::new(0),
                lost: AtomicU64::new(0),
                refused: AtomicU64::new(0),
                room: Room::new(),
                whole_name: WholeName::as_written(),
            },
            #[cfg(feature = "tracing")]
            origin: Origin::new(),
        }
    }

    /// Says that the function has this item inside, from whose path its own is read: a method has its type in its name.
    #[must_use]
    pub const fn around<T>(mut self) -> Self {
        self.ends.whole_name.contains::<T>();
        self
    }

    /// Says that the function is a daemon. An `async fn` learns of a shutdown by itself, a `fn` by asking.
    #[must_use]
    pub const fn daemon(mut self, is_async: bool) -> Self {
        self.starts.marks = Marks::of_daemon(is_async);
        self
    }

    /// Says what its spans are to those of its callers.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub const fn trace(mut self, trace: Trace) -> Self {
        self.origin.trace = trace;
        self
    }

    /// Says in which module it is, where its name does not.
    ///
    /// There without the feature, too: cargo may build the runtime twice, and the macros once with the features of both.
    #[cfg_attr(not(feature = "tracing"), expect(unused_mut, unused_variables))]
    #[must_use]
    pub const fn in_module(mut self, module: &'static str) -> Self {
        #[cfg(feature = "tracing")]
        {
            self.origin.module = Some(module);
        }
        self
    }

    /// With the type, if it is a method. Allocates the first time, which is the registration at the latest.
    pub(crate) fn name(&'static self) -> &'static str {
        self.function().ends.whole_name.get(self.name)
    }

    /// That of a durable function, which is the key of its jobs in a store: no text of the compiler's is in it.
    #[cfg(feature = "durable")]
    pub(crate) fn name_in_store(&self) -> &'static str {
        self.name
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.starts.marks
    }

    pub(crate) fn is_daemon(&self) -> bool {
        self.marks().is_daemon()
    }

    pub(crate) fn is_told(&self) -> bool {
        self.marks().is_told()
    }

    pub(crate) fn defined_at(&self) -> &'static Location<'static> {
        self.defined_at
    }

    pub(crate) fn backend(&self) -> &'static str {
        self.backend_if_known().unwrap_or("?")
    }

    /// None before the first launch.
    pub(crate) fn backend_if_known(&self) -> Option<&'static str> {
        Some(self.backend.get()?.name)
    }

    /// The site of the function as a whole: what is there once for all its backends.
    #[inline]
    pub(crate) fn function(&self) -> &Self {
        match self.family {
            None => self,
            Some(family) => family.function,
        }
    }

    /// Does the row of its function stand where this site is in the list? Of the sites of one function, only the first does.
    pub(crate) fn has_row(&self) -> bool {
        self.family.is_none_or(|family| family.sites.is_first(self))
    }

    /// Do its launches wait in the queue that this belongs to? None where a backend of the user's knows.
    pub(crate) fn is_in(&self, room: &Room) -> Option<bool> {
        match self.backend.get()?.queue {
            Queue::Of(own) => Some(std::ptr::eq(own, room)),
            Queue::OfExecutor => Some(false),
            Queue::Unknown => None,
        }
    }

    /// The labels of the function's metrics; after its first launch, which sets the name of the backend.
    #[cfg(feature = "metrics")]
    pub(crate) fn labels(&'static self) -> &'static Labels {
        let make = || Box::new(Labels::new(self.name(), self.backend(), self.defined_at));
        get_or_make(&self.labels, make).as_ref()
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn origin(&self) -> &Origin {
        &self.function().origin
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn callsites(&'static self) -> &'static OfFunction {
        let function = self.function();
        function.origin.callsites.of(|| Function {
            name: function.name(),
            module: function.module(),
            defined_at: function.defined_at,
        })
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn module(&self) -> &'static str {
        let of_name = || {
            self.name
                .rsplit_once("::")
                .map_or(self.name, |(module, _)| module)
        };
        self.origin().module.unwrap_or_else(of_name)
    }

    /// Counts an end. What the launch did before (its report, its destructors) happens before a snapshot that
    /// sees this increment.
    pub(crate) fn end(&self, class: Class) {
        let counter = match class {
            Class::Ok => &self.ends.ok,
            Class::Failed => &self.ends.failed,
            Class::Panicked => &self.ends.panicked,
            Class::Lost => &self.ends.lost,
            Class::Refused => &self.ends.refused,
        };
        // SeqCst pairs with `waiting::ended`: the end is counted before it is asked whether somebody waits.
        counter.fetch_add(1, Ordering::SeqCst);
        waiting::ended(|| self.is_quiet());
    }

    /// Has everything ended that this function launched? Both are read after the end that was counted last by this thread:
    /// of several ends, the last one finds it so.
    pub(crate) fn is_quiet(&self) -> bool {
        self.counts().in_flight() == 0
    }

    /// Are fewer than `limit` launches in flight, of those before this number?
    ///
    /// Costs no exchange, and one look at a foreign cache line in `limit` launches. Callers that race for the last
    /// place may all get one; who needs exactly as many takes a permit.
    #[inline]
    pub(crate) fn has_room(&self, number: u64, limit: u64) -> bool {
        let ended = self.starts.ended_before.load(Ordering::Relaxed);
        number.saturating_sub(ended) < limit || self.has_room_now(number, limit)
    }

    #[cold]
    fn has_room_now(&self, number: u64, limit: u64) -> bool {
        let ended = self.counts().ended();
        self.starts.ended_before.store(ended, Ordering::Relaxed);
        number.saturating_sub(ended) < limit
    }

    /// Takes one of `limit` permits, exactly: never more than `limit` are out, and one that is free is given.
    pub(crate) fn try_acquire(&self, limit: usize) -> bool {
        self.permits()
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |out| {
                (out < limit).then_some(out + 1)
            })
            .is_ok()
    }

    /// Returns a permit taken with `try_acquire`.
    pub(crate) fn release(&self) {
        let before = self.permits().fetch_sub(1, Ordering::AcqRel);
        self.room().freed_permit(before - 1);
    }

    /// The limit is one of the function, whatever backends it has.
    #[inline]
    fn permits(&self) -> &AtomicUsize {
        &self.function().starts.permits
    }

    /// Where to wait for a permit.
    pub(crate) fn room(&self) -> &Room {
        &self.function().ends.room
    }

    /// One of `limit`, to be waited for.
    pub(crate) fn permit(&'static self, limit: usize) -> Permit {
        Permit::new(limit, self.permits())
    }

    /// A consistent row: ended is read before launched, so the difference is never negative.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts {
            launched: 0,
            ok: self.ends.ok.load(Ordering::SeqCst),
            failed: self.ends.failed.load(Ordering::SeqCst),
            panicked: self.ends.panicked.load(Ordering::SeqCst),
            lost: self.ends.lost.load(Ordering::SeqCst),
            refused: self.ends.refused.load(Ordering::SeqCst),
        };
        counts.launched = self.launched();
        counts
    }

    pub(crate) fn launched(&self) -> u64 {
        self.starts.launched.load(Ordering::SeqCst)
    }

    /// The name of the backend and the counts of its function, on all its backends.
    pub(crate) fn of_all_backends(&self) -> (&'static str, Counts) {
        match self.family {
            None => (self.backend(), self.counts()),
            Some(family) => (family.sites.backend(), family.sites.counts()),
        }
    }

    /// Its number in the list of all functions, once it is in there.
    pub(crate) fn number(&self) -> &AtomicUsize {
        &self.number
    }
}

/// A function whose backend is chosen at each launch.
#[derive(Debug)]
pub(crate) struct Family {
    /// The site of the function as a whole, which counts nothing.
    pub(super) function: &'static Site,
    pub(super) sites: &'static dyn AllSites,
}

/// The sites of one function, one for each backend that it has had.
pub(crate) trait AllSites: fmt::Debug + Sync {
    /// The first of its sites in the list of all functions; this one, if none is.
    fn first_or(&self, site: &'static Site) -> &'static Site;

    fn is_first(&self, site: &Site) -> bool;

    fn counts(&self) -> Counts;

    /// The name that its backends have, or what stands for several.
    fn backend(&self) -> &'static str;
}

/// The number of a function that is not in the list of all.
pub(crate) const NOT_LISTED: usize = usize::MAX;
