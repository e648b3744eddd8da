//! The counters and constants of one annotated function: one static for each.

use std::fmt;
use std::panic::{Location, RefUnwindSafe};
use std::sync::atomic::Ordering;

use crate::account::class::Class;
use crate::account::counts::Counts;
use crate::account::daemon_marks::Marks;
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

/// One annotated function: the only `static` that the attribute emits. If the backend is chosen at each launch, the
/// static is a [`Sites`](super::sites::Sites), and a site is the function on one backend.
///
/// All instances of a generic function share one site.
///
/// The fields lie on two pairs of cache lines, so that launching threads and threads that run bodies do not share one:
/// the first has what a launch writes, and what only reports read; the second has what the end of a body writes. The
/// feature `tracing` adds a third pair.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct Site {
    pub(super) starts: Starts,
    /// The name as it is written.
    name: &'static str,
    defined_at: &'static Location<'static>,
    pub(super) backend: OnceLock<On>,
    /// The number of the function in the list of all functions.
    number: AtomicUsize,
    /// All sites of the function, if its backend is chosen at each launch.
    pub(super) family: Option<&'static Family>,
    #[cfg(feature = "metrics")]
    labels: OnceLock<Box<Labels>>,
    ends: Ends,
    #[cfg(feature = "tracing")]
    origin: Origin,
}

/// A backend: its name and its queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct On {
    pub(crate) name: &'static str,
    pub(crate) queue: Queue,
}

/// The queue in which the launches of a function wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Queue {
    /// The queue of a backend of this crate, identified by the `Room` in which callers wait for it.
    Of(&'static Room),
    /// The queue of an executor.
    OfExecutor,
    /// Unknown: a backend of the user's may hand its tasks to a pool of this crate.
    Unknown,
}

/// The fields that launching threads write.
#[derive(Debug)]
pub(super) struct Starts {
    pub(super) launched: AtomicU64,
    /// Set, together with `Site::backend`, by the first launch.
    pub(super) registered: AtomicBool,
    /// Not written by launches: this cache line has space for it.
    marks: Marks,
    /// The number of ended launches when it was last read. The counter itself is on a line that other threads write.
    ended_before: AtomicU64,
    /// The number of launches admitted and not ended. Only functions with a limit of their own count it.
    permits: AtomicUsize,
}

/// The fields that threads write when a body ends.
#[derive(Debug)]
#[repr(align(128))]
struct Ends {
    /// The number of ends of each class.
    of_class: [AtomicU64; Class::COUNT],
    /// The callers that wait for a permit.
    room: Room,
    /// Written once, and not by bodies: this cache line has space for it.
    whole_name: WholeName,
}

#[cfg(not(fire_and_forget_shuttle))]
const _: () = assert!(size_of::<Site>() == if cfg!(feature = "tracing") { 384 } else { 256 });

// A panic leaves no field half written. Without this `impl`, the feature `tracing` would take the auto trait away, and
// a feature must only add.
impl RefUnwindSafe for Site {}

impl Site {
    /// Makes the site of a function. The place is that of the call, to which the expansion gives the span of the
    /// function's name.
    ///
    /// # Panics
    ///
    /// If the name is blank. In a `static`, that is an error at compile time.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        assert!(!name.trim_ascii().is_empty(), "`name` is empty");
        Self::fresh(name, Location::caller())
    }

    /// Makes the site of a function on one of its backends.
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
                of_class: [const { AtomicU64::new(0) }; Class::COUNT],
                room: Room::new(),
                whole_name: WholeName::as_written(),
            },
            #[cfg(feature = "tracing")]
            origin: Origin::new(),
        }
    }

    /// Sets an item inside the function. The path of that item has the type of a method.
    #[must_use]
    pub const fn around<T>(mut self) -> Self {
        self.ends.whole_name.contains::<T>();
        self
    }

    /// Marks the function as a daemon. A shutdown drops an `async fn` at its next poll; a `fn` has to ask for it.
    #[must_use]
    pub const fn daemon(mut self, is_async: bool) -> Self {
        self.starts.marks = Marks::of_daemon(is_async);
        self
    }

    /// Sets how the spans of its launches relate to the spans of its callers.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub const fn trace(mut self, trace: Trace) -> Self {
        self.origin.trace = trace;
        self
    }

    /// Sets the module, if the name does not begin with it.
    ///
    /// It exists without the feature, too: cargo may build the runtime without it and the macros with it, and the
    /// expansion must compile.
    #[cfg_attr(not(feature = "tracing"), expect(unused_mut, unused_variables))]
    #[must_use]
    pub const fn in_module(mut self, module: &'static str) -> Self {
        #[cfg(feature = "tracing")]
        {
            self.origin.module = Some(module);
        }
        self
    }

    /// Returns the name, with the type of a method. The first call allocates, and registration makes that call.
    pub(crate) fn name(&'static self) -> &'static str {
        self.function().ends.whole_name.get(self.name)
    }

    /// Returns the name that a store uses as the key of jobs. It has no text of the compiler's, which may change
    /// between versions.
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

    /// `None` before the first launch.
    pub(crate) fn backend_if_known(&self) -> Option<&'static str> {
        Some(self.backend.get()?.name)
    }

    /// Returns the site that holds what all backends of the function share.
    #[inline]
    pub(crate) fn function(&self) -> &Self {
        match self.family {
            None => self,
            Some(family) => family.function,
        }
    }

    /// Returns whether the list shows the row of the function at this site. That is the first site of each function.
    pub(crate) fn has_row(&self) -> bool {
        self.family.is_none_or(|family| family.sites.is_first(self))
    }

    /// Returns whether launches of this function wait in the queue of this `Room`, or `None` if only a backend of the
    /// user's knows.
    pub(crate) fn is_in(&self, room: &Room) -> Option<bool> {
        match self.backend.get()?.queue {
            Queue::Of(own) => Some(std::ptr::eq(own, room)),
            Queue::OfExecutor => Some(false),
            Queue::Unknown => None,
        }
    }

    /// Returns the labels of the function's metrics. The first launch must have set the name of the backend.
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

    /// Counts an end. Everything that the launch did before, reports and destructors included, happens before a
    /// snapshot that sees this increment.
    #[inline]
    pub(crate) fn end(&self, class: Class) {
        // `SeqCst` pairs with `waiting::ended`: the end is counted before this thread asks whether a wait exists.
        self.ends.of_class[class as usize].fetch_add(1, Ordering::SeqCst);
        waiting::ended(|| self.is_quiet());
    }

    /// Returns whether every launch of this function has ended. The two counters are read after this thread has
    /// counted its end, so of several last ends at least one sees the function quiet.
    pub(crate) fn is_quiet(&self) -> bool {
        self.counts().in_flight() == 0
    }

    /// Returns whether fewer than `limit` launches with a smaller number are in flight.
    ///
    /// It needs no read-modify-write, and reads a cache line of other threads once in `limit` launches. Callers that
    /// race for the last place may all get one; an exact limit needs a permit.
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

    /// Takes one of `limit` permits. Never more than `limit` are taken, and a free permit is never refused.
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

    /// The permits belong to the function, whatever backends it has.
    #[inline]
    fn permits(&self) -> &AtomicUsize {
        &self.function().starts.permits
    }

    /// Returns the `Room` in which callers wait for a permit.
    pub(crate) fn room(&self) -> &Room {
        &self.function().ends.room
    }

    /// Returns one of `limit` permits, for a caller that waits for it.
    pub(crate) fn permit(&'static self, limit: usize) -> Permit {
        Permit::new(limit, self.permits())
    }

    /// Reads a consistent row: ended before launched, so the difference is never negative.
    pub(crate) fn counts(&self) -> Counts {
        let ended = |class| self.ends.of_class[class as usize].load(Ordering::SeqCst);
        let counts = Counts {
            launched: 0,
            ok: ended(Class::Ok),
            failed: ended(Class::Failed),
            panicked: ended(Class::Panicked),
            lost: ended(Class::Lost),
            refused: ended(Class::Refused),
        };
        Counts {
            launched: self.launched(),
            ..counts
        }
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

    /// The number of the function in the list, once it is registered.
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
