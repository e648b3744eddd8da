//! One launch on its way to a thread, with its type erased.

use std::any::Any;
use std::fmt;

use crate::in_flight::InFlight;
use crate::observer::Loss;
use crate::rejected::Refusal;
use crate::work::Work;
use crate::{body, capacity, unwind};

/// One launch, handed to a [`Backend`](crate::Backend): run it once, or give it back, or drop it.
///
/// Dropping a task that has not run is reported as [`Loss::NeverRan`]; no launch disappears because a backend
/// forgot it. (Only [`std::mem::forget`] hides one: it stays in flight, and shutdown names it.)
pub struct Task {
    /// Empty only while `Drop` runs.
    launch: Option<Box<dyn Erased>>,
}

impl Task {
    pub(crate) fn new<W, S>(launch: Launch<W, S>) -> Self
    where
        W: Work,
        S: FnOnce(W::Output, InFlight) + Send + 'static,
    {
        Self {
            launch: Some(Box::new(launch)),
        }
    }

    /// Runs the body on this thread, and settles how the launch ended.
    ///
    /// Never panics: a panic of the body is caught, counted and reported.
    pub fn run(mut self) {
        if let Some(launch) = self.launch.take() {
            launch.run();
        }
    }

    /// The name of the annotated function.
    #[must_use]
    pub fn function(&self) -> &str {
        self.launch
            .as_ref()
            .map_or("", |launch| launch.in_flight().site().name())
    }

    /// Drops the arguments and reports the launch as lost.
    pub(crate) fn lose(mut self, loss: Loss) {
        if let Some(launch) = self.launch.take() {
            launch.end_unrun(&mut |in_flight| in_flight.lost(loss));
        }
    }

    /// Drops the arguments and reports the launch as refused.
    pub(crate) fn refuse(mut self, refusal: Refusal) {
        if let Some(launch) = self.launch.take() {
            launch.end_unrun(&mut |in_flight| in_flight.refused(refusal));
        }
    }

    /// Takes the launch out again, if it is of this type.
    pub(crate) fn into_launch<W, S>(mut self) -> Result<Launch<W, S>, Self>
    where
        W: Work,
        S: 'static,
    {
        match self.launch.take() {
            Some(launch) if launch.as_any().is::<Launch<W, S>>() => {
                match launch.into_any().downcast::<Launch<W, S>>() {
                    Ok(launch) => Ok(*launch),
                    Err(_) => unreachable!("its type was asked for on the line above"),
                }
            }
            launch => Err(Self { launch }),
        }
    }

    /// Asks again whether the launch may go on: see [`InFlight::admit`].
    pub(crate) fn admit(&mut self, limit: Option<usize>) -> Result<(), Refusal> {
        match &mut self.launch {
            Some(launch) => launch.in_flight_mut().admit(limit),
            None => Ok(()),
        }
    }

    /// Tells this task from all others that exist at the same time.
    pub(crate) fn id(&self) -> *const () {
        match &self.launch {
            Some(launch) => std::ptr::from_ref(launch.in_flight()).cast(),
            None => std::ptr::null(),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(launch) = self.launch.take() {
            // The guard inside knows what being dropped means.
            launch.end_unrun(&mut drop);
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

/// A launch with its type: the guard, the body with its arguments, and what turns the body's value into an end.
#[derive(Debug)]
pub(crate) struct Launch<W, S> {
    pub(crate) in_flight: InFlight,
    pub(crate) work: W,
    pub(crate) settle: S,
}

trait Erased: Send {
    fn run(self: Box<Self>);
    fn end_unrun(self: Box<Self>, end: &mut dyn FnMut(InFlight));
    fn in_flight(&self) -> &InFlight;
    fn in_flight_mut(&mut self) -> &mut InFlight;
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<W, S> Erased for Launch<W, S>
where
    W: Work,
    S: FnOnce(W::Output, InFlight) + Send + 'static,
{
    fn run(self: Box<Self>) {
        let Self {
            mut in_flight,
            work,
            settle,
        } = *self;
        // The launch has left its queue: a blocked caller may take its place.
        capacity::freed();
        in_flight.start();
        let _inside = body::enter();
        match unwind::catch(|| work.execute()) {
            Ok(output) => settle(output, in_flight),
            Err(panic) => in_flight.panicked(&panic),
        }
    }

    fn end_unrun(self: Box<Self>, end: &mut dyn FnMut(InFlight)) {
        let Self {
            in_flight, work, ..
        } = *self;
        in_flight.discard(work);
        end(in_flight);
    }

    fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    fn in_flight_mut(&mut self) -> &mut InFlight {
        &mut self.in_flight
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
