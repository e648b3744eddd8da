//! One launch on its way to a thread, with its type erased.

use std::fmt;
use std::panic::Location;

use crate::account::in_flight::{InFlight, Ticket};
use crate::account::outcome::End;
use crate::account::site::Site;
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
/// Arguments of up to [`INLINE_BYTES`](Self::INLINE_BYTES) are in the task itself, larger ones in an allocation.
///
/// # Examples
///
/// A backend that runs each launch in its caller, to step through it in a debugger. A body that launches itself there is a
/// recursion, and has no bound but the stack:
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
    /// Empty only once the launch has ended, or another value stands for it.
    body: ErasedBody,
}

impl Task {
    /// How many bytes of arguments are in the task itself, if they need no larger alignment than a word: 96 on 64-bit
    /// systems, and 8 less with each of the features `metrics` and `tracing`. Larger ones cost an allocation per launch.
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

    /// The task of a launch that has begun: it stands for it from here on.
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

    /// Changes the guard: has it begin, or be admitted.
    pub(crate) fn change(
        &mut self,
        change: impl FnOnce(&mut InFlight) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(mut in_flight) = self.in_flight() else {
            return Ok(());
        };
        let changed = change(&mut in_flight);
        self.ticket = in_flight.into_ticket();
        changed
    }

    /// Runs the body on this thread, and settles how the launch ended.
    ///
    /// Never panics: a panic of the body is caught, counted and reported. After the end of a
    /// [`shutdown`](crate::shutdown) the body does not run; the launch is reported as [`Loss::Abandoned`].
    pub fn run(mut self) {
        if phase::has_ended() {
            self.lose(Loss::Abandoned);
            return;
        }
        // It has left its queue, and then the thread it ran on: a blocked caller may take either place.
        capacity::freed();
        if let Some(in_flight) = self.in_flight() {
            run(in_flight, |in_flight| self.body.run(in_flight));
        }
        capacity::freed();
    }

    /// As [`run`](Self::run), by its caller. A launch that its function's limit did not let go on has no span yet.
    pub(crate) fn run_in_place(mut self) {
        let _level = nesting::begin();
        if let Some(mut in_flight) = self.in_flight() {
            in_flight.open_span();
            self.ticket = in_flight.into_ticket();
        }
        self.run();
    }

    /// As [`run`](Self::run), straight from the slot of a queue, which is freed as soon as the body has left it; then `left`
    /// is called, and then the body runs. For workers, who know when there is room.
    #[inline]
    pub(crate) fn run_from(mut slot: Occupied<'_, Self>, left: &mut dyn FnMut()) {
        if let Some(in_flight) = slot.with(Self::in_flight) {
            run(in_flight, |in_flight| {
                ErasedBody::run_from(slot, in_flight, left)
            });
        }
    }

    /// None once the launch has ended, or another value stands for it.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        self.body.site()
    }

    pub(crate) fn body(&mut self) -> &mut ErasedBody {
        &mut self.body
    }

    /// The name of the annotated function.
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

    /// Hands the launch on to its executor, on this thread.
    pub(crate) fn pass_on(mut self) {
        if let Some(mut in_flight) = self.in_flight() {
            drop(self.body.run(&mut in_flight));
        }
    }

    /// Takes the launch out again, if it is of this type.
    pub(crate) fn into_body<T: Body>(mut self) -> Option<(InFlight, T)> {
        let in_flight = self.in_flight()?;
        match self.body.take() {
            Some(body) => Some((in_flight, body)),
            None => {
                // This task stands for the launch after all.
                self.ticket = in_flight.into_ticket();
                None
            }
        }
    }

    /// Is it a daemon, and is its backend to see that?
    pub(crate) fn is_daemon(&self) -> bool {
        self.ticket.is_of_daemon()
    }

    /// Its backend has no thread for it, and gives it back.
    pub(crate) fn has_no_thread(&mut self) {
        self.ticket.has_no_thread();
    }

    pub(crate) fn is_without_a_thread(&self) -> bool {
        self.ticket.is_without_a_thread()
    }

    /// Asks whether the launch may go on: see [`InFlight::admit`].
    pub(crate) fn admit(&mut self, limit: Option<usize>) -> Result<(), Refusal> {
        self.change(|in_flight| in_flight.admit(limit))
    }

    /// Tells this task from all others.
    pub(crate) fn id(&self) -> impl PartialEq + use<> {
        (
            self.body.site().map(std::ptr::from_ref),
            self.ticket.number(),
        )
    }

    /// The guard. Then either the body has to be used up, or the guard taken apart again.
    fn in_flight(&mut self) -> Option<InFlight> {
        let site = self.body.site()?;
        Some(InFlight::from_parts(
            site,
            self.launched_at,
            self.ticket.take(),
        ))
    }

    /// The guard knows what being dropped means.
    #[cold]
    #[inline(never)]
    fn drop_launch(&mut self) {
        drop(self.discard(|in_flight| Event::Lost(in_flight.loss())));
    }

    /// Drops the arguments: code of the user's, and a panic in it goes no further than a report. What is to be reported of
    /// the launch is for one with a context: see [`InFlight::give_up`].
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

/// Runs a body on this thread, and settles how its launch ended.
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

// With the stamp of its slot, two cache lines.
const _: () = assert!(size_of::<Option<Task>>() <= 120);
