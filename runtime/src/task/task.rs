//! One launch on its way to a thread, with its type erased.
//!
//! A task is the guard in parts (the line of the call, and the ticket) and the erased body, whose methods know the
//! function's site. As long as the body is there, the task stands for the launch: dropping it ends the launch as lost. A
//! method that builds the guard (`in_flight`) must consume the body or put the ticket back; otherwise the launch would
//! end twice or never.
//!
//! A task with its queue slot's stamp fills two cache lines; see the assertion at the end of the file.

use std::fmt;
use std::panic::Location;

use crate::account::end::End;
use crate::account::in_flight::{DAEMON, InFlight, Ticket, WITHOUT_A_THREAD};
use crate::account::site::Site;
#[cfg(feature = "tokio")]
use crate::backend::lane::Runtime;
use crate::launch::rejected::Refusal;
use crate::queue::capacity;
use crate::queue::ring::Occupied;
use crate::report::{Event, Loss};
use crate::stop::phase;
use crate::task::erased::{self, Body, ErasedBody};
use crate::thread::unwind::Panic;
use crate::thread::{body, nesting};

/// One launch, handed to a [`Backend`](crate::Backend): run it once, or give it back, or drop it.
///
/// Dropping a task that has not run is reported as [`Loss::NeverRan`]; no launch disappears because a backend
/// forgot it. (Only [`std::mem::forget`] hides one: it stays in flight, and shutdown names it.)
///
/// Arguments of up to [`INLINE_BYTES`](Self::INLINE_BYTES) are stored in the task itself, larger ones in an allocation.
///
/// # Examples
///
/// A backend that runs each launch in its caller, to step through it in a debugger. A body that launches itself there
/// recurses, and only the stack limits how deep:
///
/// ```
/// use fire_and_forget::{Backend, Task, fire_and_forget};
///
/// struct InPlace;
///
/// impl Backend for InPlace {
///     fn submit(&'static self, task: Task) -> Result<(), Task> {
///         println!("running {}", task.function());
///         task.run();
///         Ok(())
///     }
///
///     fn name(&self) -> &str {
///         "in place"
///     }
/// }
///
/// static IN_PLACE: InPlace = InPlace;
///
/// #[fire_and_forget(backend = IN_PLACE, name = "greet")]
/// fn greet(name: String) {
///     println!("hello, {name}");
/// }
///
/// greet("Ada".into());
/// let ledger = fire_and_forget::ledger();
/// assert_eq!(ledger.get("greet").expect("it was launched").counts().ok, 1);
/// ```
#[repr(C)] // The arguments come last: how many there are decides how many cache lines a launch writes.
pub struct Task {
    launched_at: &'static Location<'static>,
    ticket: Ticket,
    /// Empty once the launch has ended, or another value stands for it.
    body: ErasedBody,
}

impl Task {
    /// The number of bytes of arguments that a task stores in itself, if they need no larger alignment than a word.
    ///
    /// It is 96 on 64-bit systems, and 8 less with each of the features `metrics` and `tracing`. Larger arguments cost an
    /// allocation per launch.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::Task;
    ///
    /// struct Order {
    ///     number: u64,
    ///     articles: [u32; 16],
    /// }
    ///
    /// // Keeps `Order` small enough to be launched without an allocation.
    /// const _: () = assert!(size_of::<Order>() <= Task::INLINE_BYTES);
    /// ```
    pub const INLINE_BYTES: usize = erased::INLINE_BYTES;

    /// Makes the task of a launch that has been counted. The task stands for the launch from here on.
    #[inline]
    pub(crate) fn new(
        body: ErasedBody,
        launched_at: &'static Location<'static>,
        ticket: Ticket,
    ) -> Self {
        Self {
            launched_at,
            ticket,
            body,
        }
    }

    /// Runs the body on this thread, then counts and reports how it ended.
    ///
    /// Never panics: a panic of the body is caught, counted and reported. After the end of a
    /// [`shutdown`](crate::shutdown) the body does not run, and the launch is reported as [`Loss::Abandoned`].
    pub fn run(mut self) {
        if phase::has_ended() {
            self.lose(Loss::Abandoned);
            return;
        }
        // The task has left a queue, and after the body a thread. A blocked caller may take either, so it is told twice.
        capacity::freed();
        if let Some(in_flight) = self.in_flight() {
            run(in_flight, |in_flight| self.body.run(in_flight));
        }
        capacity::freed();
    }

    /// Does the work of [`run`](Self::run) in the launch's own caller.
    ///
    /// Opens the span, which a launch above its function's limit does not have yet.
    pub(crate) fn run_in_place(mut self) {
        let _level = nesting::begin();
        if let Some(mut in_flight) = self.in_flight() {
            in_flight.open_span();
            self.ticket = in_flight.into_ticket();
        }
        self.run();
    }

    /// Runs the body of a task that is still in its queue slot.
    ///
    /// Moves the body to the stack, frees the slot, calls `left`, and then runs the body. Tells no blocked caller of the
    /// room: the worker does.
    #[inline]
    pub(crate) fn run_from(mut slot: Occupied<'_, Self>, left: &mut dyn FnMut()) {
        if let Some(in_flight) = slot.with(Self::in_flight) {
            run(in_flight, |in_flight| {
                ErasedBody::run_from(slot, in_flight, left)
            });
        }
    }

    /// Returns the site of the function; `None` once the launch has ended, or another value stands for it.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        self.body.site()
    }

    pub(crate) fn body(&mut self) -> &mut ErasedBody {
        &mut self.body
    }

    /// Returns the name of the annotated function.
    #[must_use]
    pub fn function(&self) -> &str {
        self.body.site().map_or("", Site::name)
    }

    /// Drops the arguments and reports the launch as lost.
    pub(crate) fn lose(mut self, loss: Loss) {
        if let Some(in_flight) = self.discard(|_| Event::Lost(loss)) {
            in_flight.lost(loss);
        }
    }

    /// Drops the arguments and reports the launch as refused.
    pub(crate) fn refuse(mut self, refusal: Refusal) {
        if let Some(in_flight) = self.discard(|_| Event::Refused(refusal)) {
            in_flight.refused(refusal);
        }
    }

    /// Spawns the launch on its executor, from this thread; on the given runtime, if there is one.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn pass_on(&mut self, runtime: Option<&Runtime>) {
        if let Some(mut in_flight) = self.in_flight() {
            self.body.pass_on(&mut in_flight, runtime);
        }
    }

    /// Takes the launch apart into guard and body, if the body is a `T`.
    pub(crate) fn into_body<T: Body>(mut self) -> Option<(InFlight, T)> {
        let in_flight = self.in_flight()?;
        match self.body.take() {
            Some(body) => Some((in_flight, body)),
            None => {
                // The body stays, so this task has to stand for the launch again; dropping it reports the launch as lost.
                self.ticket = in_flight.into_ticket();
                None
            }
        }
    }

    /// Returns whether this is a daemon that needs a thread of its own from its backend.
    pub(crate) fn is_daemon(&self) -> bool {
        self.ticket.has(DAEMON)
    }

    /// Marks a daemon that its backend gives back because it has no thread for it.
    pub(crate) fn has_no_thread(&mut self) {
        self.ticket.set(WITHOUT_A_THREAD);
    }

    pub(crate) fn is_without_a_thread(&self) -> bool {
        self.ticket.has(WITHOUT_A_THREAD)
    }

    /// Checks whether the launch is admitted: see [`InFlight::admit`].
    pub(crate) fn admit(&mut self, limit: Option<usize>) -> Result<(), Refusal> {
        let Some(mut in_flight) = self.in_flight() else {
            return Ok(());
        };
        let admitted = in_flight.admit(limit);
        self.ticket = in_flight.into_ticket();
        admitted
    }

    /// Returns a value that no other task has: the function's site and the number of the launch.
    pub(crate) fn id(&self) -> impl PartialEq + use<> {
        (
            self.body.site().map(std::ptr::from_ref),
            self.ticket.number(),
        )
    }

    /// Builds the guard. The caller must consume the body, or put the guard's ticket back.
    #[inline]
    fn in_flight(&mut self) -> Option<InFlight> {
        let site = self.body.site()?;
        Some(InFlight::from_parts(
            site,
            self.launched_at,
            self.ticket.take(),
        ))
    }

    /// Drops the launch. The guard's destructor counts and reports it as lost.
    #[cold]
    #[inline(never)]
    fn drop_launch(&mut self) {
        drop(self.discard(|in_flight| Event::Lost(in_flight.loss())));
    }

    /// Drops the arguments, and returns the guard.
    ///
    /// Their destructors are the user's: a panic in one is reported and goes no further. Arguments whose destructors are
    /// nested too deep are leaked. A launch with a context reports `event` here, inside that context: see
    /// [`InFlight::give_up`].
    fn discard(&mut self, event: impl FnOnce(&InFlight) -> Event<'static>) -> Option<InFlight> {
        let mut in_flight = self.in_flight()?;
        let Some(_nested) = nesting::enter(&in_flight) else {
            self.body.leak();
            return Some(in_flight);
        };
        let event = event(&in_flight);
        in_flight.give_up(|| self.body.discard(), event);
        Some(in_flight)
    }
}

/// Runs a body on this thread, and ends its launch as the body ended.
#[inline]
fn run(mut in_flight: InFlight, body: impl FnOnce(&mut InFlight) -> Option<Result<End, Panic>>) {
    let _inside = body::enter(in_flight.is_of_observer());
    if let Some(end) = body(&mut in_flight) {
        in_flight.ended(end);
    }
}

impl Drop for Task {
    #[inline]
    fn drop(&mut self) {
        if !self.body.is_empty() {
            self.drop_launch();
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("function", &self.function())
            .finish_non_exhaustive()
    }
}

// With the 8 bytes of its slot's stamp, a task fills two cache lines.
const _: () = assert!(size_of::<Option<Task>>() <= 120);
