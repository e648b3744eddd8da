//! Runs the body of a stored job for an adapter, and counts the execution.
//!
//! `perform` finds the function, makes its body from the stored arguments, and begins an execution: an ordinary guard, on
//! the function's second site. The adapter polls the [`Performance`], which runs the body, ends the guard, and returns a
//! [`Verdict`] for the store. A performance that is dropped before its end is counted as lost; the store then gives the job to
//! another worker. All code of the user's runs in the job (`job.enter`), in the context, and in the span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use super::WORKER;
use super::arguments::Undecodable;
use super::current::{Facts, Job};
use super::definition::Definition;
use crate::account::end::{End, Ended};
use crate::account::in_flight::InFlight;
use crate::account::site::{On, Queue};
use crate::report::place::Place;
use crate::report::{self, Event, Report};
use crate::task::context::{self, Contexts, Kept, Ran};
use crate::thread::unwind::Panic;
use crate::thread::{body, unwind};

/// A job as a store has it: data, which an adapter hands to [`perform`].
#[derive(Clone, Copy)]
#[allow(
    clippy::exhaustive_structs,
    reason = "an adapter has to know what it is asked for"
)]
pub struct Stored<'a> {
    /// The name of its function.
    pub function: &'a str,
    /// Its id in the store.
    pub id: &'a str,
    /// The queue that it was fetched from.
    pub queue: &'a str,
    /// The number of this attempt, from 1 on.
    pub attempt: u32,
    /// The number of failures after which it is given up.
    pub attempts: u32,
    /// Its arguments: a JSON object with a field for each parameter.
    pub arguments: &'a [u8],
    /// The file of the line that launched it.
    pub file: &'a str,
    /// The number of that line.
    pub line: u32,
    /// The span that launched it, as [`Launch::launched_in`](super::Launch::launched_in) returned it. Anything else, and
    /// anything longer than [`MOST_TRACE_BYTES`](super::MOST_TRACE_BYTES), is ignored.
    pub launched_in: Option<&'a str>,
    /// When it was launched, by the clock of the launching machine.
    pub launched_on: SystemTime,
}

impl Stored<'_> {
    /// Reports that the job is given up, with its last error. An adapter calls this once for each job that it gives up.
    pub fn give_up(&self, error: &str) {
        let Some(definition) = Definition::find(self.function) else {
            return;
        };
        let site = definition.executions();
        site.enter_ledger(&worker);
        let event = Event::GivenUp {
            attempts: self.attempt,
            error,
        };
        let report = Report::new(site, Place::new(self.file, self.line), event);
        report::emit(&report, body::is_of_observer());
    }
}

impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("function", &self.function)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Begins an execution: finds the function, reads the arguments, and returns the body, which is in flight from now on.
///
/// Returns `None` if this program has no such function.
///
/// # Errors
///
/// Fails if the arguments are not those that the function takes.
#[must_use]
pub fn perform(stored: Stored<'_>) -> Option<Result<Execution, Undecodable>> {
    let definition = Definition::find(stored.function)?;
    Some(
        definition
            .run(stored.arguments)
            .map(|Run { kind, context }| {
                let is_blocking = matches!(kind, Kind::Call(_));
                let site = definition.executions();
                let job = Job::new(Facts {
                    function: definition.name(),
                    executions: site,
                    id: stored.id.to_owned(),
                    queue: stored.queue.to_owned(),
                    attempt: stored.attempt,
                    attempts: stored.attempts,
                    file: stored.file.to_owned(),
                    line: stored.line,
                    launched_on: stored.launched_on,
                });
                let mut in_flight = InFlight::of(site, site.defined_at());
                in_flight.begin(&worker);
                {
                    let _current = job.enter();
                    in_flight.open_span_of_job(stored.launched_in);
                }
                let performance = Performance {
                    kind: Some(kind),
                    in_flight: Some(in_flight),
                    timeout: definition.options().timeout,
                    job,
                    context,
                };
                if is_blocking {
                    Execution::Blocking(performance)
                } else {
                    Execution::Async(performance)
                }
            }),
    )
}

fn worker() -> On {
    On {
        name: WORKER,
        queue: Queue::OfExecutor,
    }
}

/// The body of a job with its arguments, and the context of its launch. Made by the function pointer in its `Definition`.
pub struct Run {
    kind: Kind,
    context: Option<Kept>,
}

enum Kind {
    Call(Box<dyn FnOnce(&InFlight) -> End + Send>),
    Future(Pin<Box<dyn Future<Output = Finish> + Send>>),
}

/// Turns the future's value into an end.
type Finish = Box<dyn FnOnce(&InFlight) -> End>;

impl Run {
    /// Wraps the body of a `fn`.
    pub fn call<R: 'static>(
        body: impl FnOnce() -> R + Send + 'static,
        settle: fn(R, &InFlight) -> End,
    ) -> Self {
        Self::new(Kind::Call(Box::new(move |in_flight| {
            settle(body(), in_flight)
        })))
    }

    /// Wraps the body of an `async fn`.
    pub fn future<F>(body: F, settle: fn(F::Output, &InFlight) -> End) -> Self
    where
        F: Future<Output: 'static> + Send + 'static,
    {
        Self::new(Kind::Future(Box::pin(async move {
            let value = body.await;
            Box::new(move |in_flight: &InFlight| settle(value, in_flight)) as Finish
        })))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            context: None,
        }
    }

    /// Puts the body into a context that was read back from the store.
    #[must_use]
    pub fn within(self, context: impl Contexts) -> Self {
        Self {
            context: Some(Kept::new(context)),
            ..self
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// The end of an execution, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a store knows nothing else")]
pub enum Verdict {
    /// The job is done.
    Done,
    /// The body returned an error, panicked, or took too long; the text says so.
    Failed(String),
}

/// A body that is about to run.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "there are two kinds of functions")]
pub enum Execution {
    /// The body of a `fn`, which blocks its thread: see [`Performance::block`].
    Blocking(Performance),
    /// The body of an `async fn`.
    Async(Performance),
}

/// A future that runs a body, counts how it ended, and never panics. If it is dropped before it is ready, the execution is
/// lost.
pub struct Performance {
    kind: Option<Kind>,
    /// `None` once it has ended.
    in_flight: Option<InFlight>,
    timeout: Option<fn() -> Duration>,
    job: Job,
    context: Option<Kept>,
}

impl Performance {
    /// Runs the body of a `fn` on this thread.
    #[must_use]
    pub fn block(mut self) -> Verdict {
        match Pin::new(&mut self).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(verdict) => verdict,
            Poll::Pending => Verdict::Failed("an `async fn` does not block".to_owned()),
        }
    }

    /// Evaluates the `timeout` of the function, which is the user's code. Call it once, before the attempt begins.
    ///
    /// Returns `None` if there is no limit. It also returns `None` if the user's code panics; the body is dropped then,
    /// and the execution ends with that panic as soon as it is run.
    #[must_use]
    pub fn timeout(&mut self) -> Option<Duration> {
        match unwind::catch(self.timeout?) {
            Ok(timeout) => Some(timeout),
            Err(panic) => {
                let _current = self.job.enter();
                if let Some(in_flight) = &self.in_flight {
                    in_flight.discard_in(&mut self.context, self.kind.take());
                }
                self.kind = Some(Kind::Call(Box::new(move |_| unwind::resume(&panic))));
                None
            }
        }
    }

    /// Drops the body because its time is over, and counts the attempt as failed.
    #[must_use]
    pub fn time_out(mut self, timeout: Duration) -> Verdict {
        let text = format!("timed out after {timeout:?}");
        let _current = self.job.enter();
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.discard_in(&mut self.context, self.kind.take());
            in_flight.ended_within(Ended {
                end: Ok(End::Failed(Box::new(text.clone()))),
                context: self.context.take(),
            });
        }
        Verdict::Failed(text)
    }
}

impl Future for Performance {
    type Output = Verdict;

    fn poll(self: Pin<&mut Self>, waiter: &mut Context<'_>) -> Poll<Verdict> {
        let this = self.get_mut();
        let (Some(in_flight), Some(kind)) = (&mut this.in_flight, this.kind.take()) else {
            return Poll::Pending;
        };
        let _current = this.job.enter();
        if !in_flight.has_started() {
            in_flight.start();
        }
        let _inside = body::enter(in_flight.is_of_observer());
        let within = &mut this.context;
        let Ran { result: end, also } = match kind {
            Kind::Call(body) => in_flight.in_span(|| context::run(within, || body(in_flight))),
            Kind::Future(mut future) => {
                let poll = || {
                    let finish = future.as_mut().poll(waiter);
                    finish.map(|finish| finish(in_flight))
                };
                let polled = in_flight.in_span(|| context::run(within, poll));
                let Poll::Ready(ran) = polled.ready() else {
                    this.kind = Some(Kind::Future(future));
                    return Poll::Pending;
                };
                in_flight.discard_in(within, future);
                ran
            }
        };
        if let Some(panic) = also {
            in_flight.report_panic(&panic);
        }
        let verdict = verdict(&end);
        if let Some(in_flight) = this.in_flight.take() {
            in_flight.ended_within(Ended {
                end,
                context: this.context.take(),
            });
        }
        Poll::Ready(verdict)
    }
}

fn verdict(end: &Result<End, Panic>) -> Verdict {
    match end {
        Ok(End::Failed(text)) => Verdict::Failed(text.to_string()),
        Ok(End::Handled) => Verdict::Failed("an error, which `on_error` has taken".to_owned()),
        // `Returned` is the end of a daemon, and no job is one.
        Ok(End::Ok | End::Returned | End::Within(_) | End::Recorded(_)) => Verdict::Done,
        Err(panic) => Verdict::Failed(panic.to_string()),
    }
}

impl Drop for Performance {
    fn drop(&mut self) {
        if let Some(mut in_flight) = self.in_flight.take() {
            let _current = self.job.enter();
            in_flight.discard_in(&mut self.context, self.kind.take());
            if let Some(context) = self.context.take() {
                in_flight.report_within(context, Event::Lost(in_flight.loss()).into());
            }
        }
    }
}

impl fmt::Debug for Performance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Performance")
            .field("function", &self.job.function())
            .field("id", &self.job.id())
            .finish_non_exhaustive()
    }
}

/// Runs the body of a launch that a test has captured. The arguments go through JSON and back, so that the test fails on
/// arguments that a worker could not read.
#[cfg(feature = "testing")]
pub(crate) fn run_in_a_test<G>(
    record: super::Record,
    outside: impl Fn() -> G + Copy + Send + 'static,
) -> crate::testing::store::Begun<End>
where
    G: std::ops::Deref<Target = InFlight>,
{
    use crate::task::context::{settle_within, within};
    use crate::task::work::{MakeFuture, Work, call, make};
    use crate::testing::store::Begun;

    let definition = record.definition();
    let run = match record.into_json() {
        Ok(json) => definition.run(&json).map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    let Run { kind, context } = match run {
        Ok(run) => run,
        Err(text) => return Begun::Ended(End::Failed(Box::new(text))),
    };
    match (kind, context) {
        (Kind::Call(body), None) => Begun::Ended(body(&outside())),
        (Kind::Call(body), Some(context)) => {
            let body = within(context, call(move || body(&outside())));
            Begun::Ended(settle_within(|end, _| end)(body.execute(), &outside()))
        }
        (Kind::Future(future), None) => {
            Begun::Awaits(Box::pin(async move { future.await(&outside()) }))
        }
        (Kind::Future(future), Some(context)) => {
            let future = within(context, make(move || future)).make();
            Begun::Awaits(Box::pin(async move {
                let settle = settle_within(|finish: Finish, in_flight| finish(in_flight));
                settle(future.await, &outside())
            }))
        }
    }
}
