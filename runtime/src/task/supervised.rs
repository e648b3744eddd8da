//! A launched future as an executor polls it: with its panics caught, and its launch ended when it is ready or dropped.
//!
//! The guard is in the future, so an executor that drops the task, at an `.await` or before the first poll, ends the
//! launch as lost without knowing of launches. A launch whose first poll comes after the end of a shutdown does not
//! start. The future is dropped before its launch is counted as ended, as the arguments of a `fn` are.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::account::in_flight::InFlight;
use crate::report::{Event, Loss};
use crate::stop::phase;
use crate::task::erased::future::ErasedFuture;
use crate::thread::{body, nesting, unwind};

pin_project! {
    /// A launched future with its guard.
    ///
    /// `P` is the size of the future and not its type. An executor compiles its code once for each type that is spawned, 10 KB
    /// with tokio, and so once for each of a few sizes.
    pub(crate) struct Supervised<P> {
        #[pin]
        future: ErasedFuture<P>,
        // `None` once the launch has ended.
        launch: Option<InFlight>,
    }

    impl<P> PinnedDrop for Supervised<P> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(mut in_flight) = this.launch.take() {
                let event = Event::Lost(in_flight.loss());
                give_up(this.future, &mut in_flight, event);
            }
        }
    }
}

impl<P> Supervised<P> {
    #[inline]
    pub(crate) fn new(future: ErasedFuture<P>, in_flight: InFlight) -> Self {
        Self {
            future,
            launch: Some(in_flight),
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
            if phase::has_ended() {
                give_up(this.future, in_flight, Event::Lost(Loss::Abandoned));
                if let Some(in_flight) = this.launch.take() {
                    in_flight.lost(Loss::Abandoned);
                }
                return Poll::Ready(());
            }
            in_flight.start();
        }
        let _inside = body::enter(in_flight.is_of_observer());
        let poll = || this.future.as_mut().poll(cx, in_flight);
        let end = match unwind::catch_to_report(|| in_flight.in_span(poll)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(end)) => Ok(end),
            Err(panic) => Err(panic),
        };
        // Before the launch ends: a function that is seen quiet has dropped its arguments.
        discard(this.future, in_flight);
        if let Some(in_flight) = this.launch.take() {
            in_flight.ended(end);
        }
        Poll::Ready(())
    }
}

/// Drops a future that has not ended, as [`InFlight::give_up`] does for arguments.
fn give_up<P>(future: Pin<&mut ErasedFuture<P>>, launch: &mut InFlight, event: Event<'_>) {
    let _nested = nesting::enter_anyway(launch);
    launch.give_up(|| future.discard(), event);
}

/// Drops what an ended future holds. The destructors are the user's: a panic in one is reported and goes no further.
fn discard<P>(future: Pin<&mut ErasedFuture<P>>, launch: &InFlight) {
    let _nested = nesting::enter_anyway(launch);
    if let Err(panic) = unwind::catch_to_report(|| launch.in_span(|| future.discard())) {
        launch.report_panic(&panic);
    }
}
