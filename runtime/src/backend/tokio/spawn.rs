//! An `async fn` on `"tokio"`: the launch, and the future that accounts for it.

use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use ::tokio::runtime::Handle;
use pin_project_lite::pin_project;

use super::runtime;
use crate::in_flight::InFlight;
use crate::load::future::{LoadedFuture, Settled, fits};
use crate::observer::Loss;
use crate::outcome::End;
use crate::rejected::{Refusal, Rejected};
use crate::site::Site;
use crate::work::OrReturn;
use crate::{body, shutdown, unwind};

/// The closure of an `async fn`: builds the future, or gives its arguments back.
pub trait MakeTask {
    /// The body.
    type Future: Future;
    /// The tuple of arguments that a refusal gives back; `()` where the policy never does.
    type Args;

    /// Moves the arguments into the future.
    fn make(self) -> Self::Future;

    /// Takes the arguments out instead.
    fn give_back(self) -> Option<Self::Args>;
}

/// See [`task`].
#[derive(Debug)]
pub struct Make<F>(F);

/// Wraps the body of an `async fn`.
pub fn task<F, R>(body: F) -> Make<F>
where
    F: FnOnce() -> R,
    R: Future,
{
    Make(body)
}

impl<F, R> MakeTask for Make<F>
where
    F: FnOnce() -> R,
    R: Future,
{
    type Future = R;
    type Args = ();

    fn make(self) -> R {
        (self.0)()
    }

    fn give_back(self) -> Option<()> {
        None
    }
}

/// See [`task_or_return`].
#[derive(Debug)]
pub struct MakeOrReturn<F, A>(OrReturn<F, A>);

/// Wraps the body of an `async fn` whose arguments can be given back.
pub fn task_or_return<F, A, B>(closure: F) -> MakeOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: Future,
{
    MakeOrReturn(OrReturn::new(closure))
}

impl<F, A, B> MakeTask for MakeOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: Future,
{
    type Future = B;
    type Args = A;

    fn make(self) -> B {
        self.0.into_body()
    }

    fn give_back(self) -> Option<A> {
        self.0.into_args()
    }
}

/// Launches an `async fn` as a task. Called by the expansion only.
///
/// The compiler shows the line of the bound to whoever holds something across an `.await` that is not `Send`.
#[inline]
#[track_caller]
pub fn spawn<M, S>(site: impl FnOnce() -> &'static Site, limit: Option<usize>, task: M, settle: S)
where
    M: MakeTask,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let in_flight = InFlight::of(site(), Location::caller());
    start(task.make(), settle, in_flight, Admission::Ask(limit));
}

/// Launches an `async fn` as a task; a refusal gives the arguments back. Called by the expansion only.
///
/// # Errors
///
/// When the launch is refused.
#[inline]
#[track_caller]
pub fn spawn_or_reject<M, S>(
    site: impl FnOnce() -> &'static Site,
    limit: Option<usize>,
    task: M,
    settle: S,
) -> Result<(), Rejected<M::Args>>
where
    M: MakeTask,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let mut in_flight = InFlight::of(site(), Location::caller());
    match begin(&mut in_flight, limit) {
        Ok(()) => {
            start(task.make(), settle, in_flight, Admission::Given);
            Ok(())
        }
        Err(refusal) => in_flight.give_back(task.give_back(), refusal),
    }
}

/// May the launch go on?
enum Admission {
    /// It has been counted, and may.
    Given,
    /// It is to be counted and asked, with the function's limit.
    Ask(Option<usize>),
}

/// Launches a future in a room: of a few sizes, such that a task, which tokio rounds up to a multiple of 128 bytes, is
/// no larger than it would be without. Where none fits, the future has one of its own.
///
/// The smallest is less: what tokio moves of a task is then 128 bytes, which the compiler still moves without a call.
#[inline]
fn start<F, S>(future: F, settle: S, in_flight: InFlight, admission: Admission)
where
    F: Future + Send + 'static,
    S: Fn(F::Output, &InFlight) -> End + Send + 'static,
{
    let future = Settled { future, settle };
    macro_rules! first_that_fits {
        ($($words:literal)*) => {
            $(
                if const { fits::<Settled<F, S>, [usize; $words - TRAVELLERS]>() } {
                    let future = LoadedFuture::<[usize; $words - TRAVELLERS]>::new(future);
                    return launch(Supervised::new(future, in_flight), admission);
                }
            )*
        };
    }
    first_that_fits!(11 15 31 47 63 79 95 111 127);
    let future = LoadedFuture::<Settled<F, S>>::new(future);
    launch(Supervised::new(future, in_flight), admission);
}

/// What all launchers share whose futures have the same room.
#[inline(never)]
fn launch<P: Send + 'static>(mut supervised: Supervised<P>, admission: Admission) {
    let admitted = match (admission, &mut supervised.launch) {
        (Admission::Ask(limit), Some(in_flight)) => begin(in_flight, limit),
        (Admission::Given, _) | (_, None) => Ok(()),
    };
    if let Err(refusal) = admitted {
        return supervised.refuse(refusal);
    }
    // Not `cloned`: the count of a runtime's handles is written by all its workers.
    let here = Handle::try_current();
    match here.as_ref().ok().or_else(|| runtime::elsewhere()) {
        Some(handle) => drop(handle.spawn(supervised)),
        None => runtime::spawn_when_started(|handle| drop(handle.spawn(supervised))),
    }
}

/// Counts a launch, and asks whether it may go on.
fn begin(in_flight: &mut InFlight, limit: Option<usize>) -> Result<(), Refusal> {
    in_flight.begin(&|| NAME);
    in_flight.admit_roughly(limit, MAX_IN_FLIGHT)
}

pin_project! {
    /// A launched future: catches its panics, and ends its launch when it is ready or dropped.
    ///
    /// It knows the size of the future and not the type: what tokio compiles for each type that is spawned, ten
    /// kilobytes, it compiles for a few sizes.
    struct Supervised<P> {
        #[pin]
        future: LoadedFuture<P>,
        // None: the launch has ended.
        launch: Option<InFlight>,
    }

    impl<P> PinnedDrop for Supervised<P> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(in_flight) = this.launch.take() {
                discard(this.future, &in_flight);
            }
        }
    }
}

impl<P> Supervised<P> {
    #[inline]
    fn new(future: LoadedFuture<P>, in_flight: InFlight) -> Self {
        Self {
            future,
            launch: Some(in_flight),
        }
    }

    /// Drops the arguments and reports the launch as refused.
    #[cold]
    fn refuse(self, refusal: Refusal) {
        let mut this = pin!(self);
        let this = this.as_mut().project();
        if let Some(in_flight) = this.launch.take() {
            discard(this.future, &in_flight);
            in_flight.refused(refusal);
        }
    }
}

impl<P> Future for Supervised<P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(in_flight) = this.launch else {
            return Poll::Ready(());
        };
        if !in_flight.has_started() {
            if shutdown::has_ended() {
                discard(this.future, in_flight);
                if let Some(in_flight) = this.launch.take() {
                    in_flight.lost(Loss::Abandoned);
                }
                return Poll::Ready(());
            }
            in_flight.start();
        }
        let _inside = body::enter();
        let poll = || this.future.as_mut().poll(cx, in_flight);
        let end = match unwind::catch(|| in_flight.in_span(poll)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(end)) => Ok(end),
            Err(panic) => Err(panic),
        };
        // What the future still holds is dropped before the launch ends, as the arguments of a function would be.
        discard(this.future, in_flight);
        if let Some(in_flight) = this.launch.take() {
            in_flight.ended(end);
        }
        Poll::Ready(())
    }
}

/// Drops what the future holds. The destructors are the user's: a panic in one is reported and goes no further.
fn discard<P>(future: Pin<&mut LoadedFuture<P>>, launch: &InFlight) {
    if let Err(panic) = unwind::catch(|| launch.in_span(|| future.discard())) {
        launch.report_panic(&panic);
    }
}

const NAME: &str = "tokio";

/// The words that a ticket has besides its own: the rooms are smaller by so many, and tasks of the same size.
const TRAVELLERS: usize = cfg!(feature = "metrics") as usize + cfg!(feature = "tracing") as usize;

/// In flight per function, where `max_in_flight` says nothing: no backend is unbounded.
const MAX_IN_FLIGHT: u64 = 16_384;
