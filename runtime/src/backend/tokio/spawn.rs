//! An `async fn` on `"tokio"`: the launch, and the future that accounts for it.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::runtime::Handle;
use pin_project_lite::pin_project;

use super::runtime;
use crate::in_flight::InFlight;
use crate::observer::Loss;
use crate::rejected::Rejected;
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
    S: FnOnce(<M::Future as Future>::Output, InFlight) + Send + 'static,
{
    let mut in_flight = InFlight::begin(site(), Location::caller(), || NAME);
    match in_flight.admit_roughly(limit, MAX_IN_FLIGHT) {
        Ok(()) => Supervised::new(task.make(), in_flight, settle).spawn(),
        Err(refusal) => {
            in_flight.discard(task);
            in_flight.refused(refusal);
        }
    }
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
    S: FnOnce(<M::Future as Future>::Output, InFlight) + Send + 'static,
{
    let mut in_flight = InFlight::begin(site(), Location::caller(), || NAME);
    match in_flight.admit_roughly(limit, MAX_IN_FLIGHT) {
        Ok(()) => {
            Supervised::new(task.make(), in_flight, settle).spawn();
            Ok(())
        }
        Err(refusal) => in_flight.give_back(task.give_back(), refusal),
    }
}

pin_project! {
    /// A launched future: catches its panics, and ends its launch when it is ready or dropped.
    struct Supervised<F, S> {
        // None: it has been dropped, and what is left is the account of it.
        #[pin]
        future: Option<F>,
        // None: the launch has ended.
        launch: Option<(InFlight, S)>,
        has_started: bool,
    }

    impl<F, S> PinnedDrop for Supervised<F, S> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some((in_flight, _)) = this.launch.take() {
                discard(this.future, &in_flight);
            }
        }
    }
}

impl<F, S> Supervised<F, S>
where
    F: Future + Send + 'static,
    S: FnOnce(F::Output, InFlight) + Send + 'static,
{
    fn new(future: F, in_flight: InFlight, settle: S) -> Self {
        Self {
            future: Some(future),
            launch: Some((in_flight, settle)),
            has_started: false,
        }
    }

    fn spawn(self) {
        // Not `cloned`: the count of a runtime's handles is written by all its workers.
        let here = Handle::try_current();
        match here.as_ref().ok().or_else(|| runtime::elsewhere()) {
            Some(handle) => drop(handle.spawn(self)),
            None => runtime::spawn_when_started(|handle| drop(handle.spawn(self))),
        }
    }
}

impl<F, S> Future for Supervised<F, S>
where
    F: Future,
    S: FnOnce(F::Output, InFlight),
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some((in_flight, _)) = this.launch else {
            return Poll::Ready(());
        };
        if !*this.has_started {
            if shutdown::has_ended() {
                discard(this.future, in_flight);
                if let Some((in_flight, _)) = this.launch.take() {
                    in_flight.lost(Loss::Abandoned);
                }
                return Poll::Ready(());
            }
            *this.has_started = true;
            in_flight.start();
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(());
        };
        let _inside = body::enter();
        let polled = unwind::catch(|| future.poll(cx));
        if let Ok(Poll::Pending) = polled {
            return Poll::Pending;
        }
        // What the future still holds is dropped before the launch ends, as the arguments of a function would be.
        discard(this.future, in_flight);
        if let Some((in_flight, settle)) = this.launch.take() {
            match polled {
                Ok(Poll::Ready(output)) => settle(output, in_flight),
                Ok(Poll::Pending) => {}
                Err(panic) => in_flight.panicked(&panic),
            }
        }
        Poll::Ready(())
    }
}

/// Drops what the future holds. The destructors are the user's: a panic in one is reported and goes no further.
fn discard<F>(mut future: Pin<&mut Option<F>>, launch: &InFlight) {
    if let Err(panic) = unwind::catch(|| future.set(None)) {
        launch.report_panic(&panic);
    }
}

const NAME: &str = "tokio";

/// In flight per function, where `max_in_flight` says nothing: no backend is unbounded.
const MAX_IN_FLIGHT: u64 = 16_384;
