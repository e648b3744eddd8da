//! The body of a daemon that is launched again, with all that its next launch needs.
//!
//! Each start clones [`Restarting`]; while the body runs, [`Again`] holds the clone. An early end schedules it: a return by
//! [`settle_restarting`], a panic by [`Again::watch`].

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::again::{Again, Restart};
use super::backoff::{self, MIN_BACKOFF};
use super::scheduled::schedule;
use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::launch::launch::Start;
use crate::stop::phase;
use crate::task::daemon::{UntilStopped, settle_daemon};
use crate::task::work::{MakeFuture, Work};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;

/// The body of a `fn` daemon, with all that its next launch needs. Each start clones it before the body consumes it.
pub struct Restarting<W, B: 'static, L, S> {
    work: W,
    site: L,
    backend: &'static B,
    limit: Option<usize>,
    settle: S,
    launched_at: &'static Location<'static>,
    restart: Restart,
    /// The pause after the next end.
    pause: Duration,
    start: fn(Self),
}

/// Wraps the body of a daemon; `start` launches it again.
#[track_caller]
pub fn restarting<W, B, L, S>(
    restart: Restart,
    (site, backend, limit, settle): (L, &'static B, Option<usize>, S),
    work: W,
    start: fn(Restarting<W, B, L, S>),
) -> Restarting<W, B, L, S> {
    Restarting {
        work,
        site,
        backend,
        limit,
        settle,
        launched_at: Location::caller(),
        restart,
        pause: MIN_BACKOFF,
        start,
    }
}

/// Fixes the parameter types of the closure that turns the body's value into an end.
pub const fn settling<R, S>(settle: S) -> S
where
    S: Fn(Option<(R, Option<Again>)>, &InFlight) -> End + Copy,
{
    settle
}

impl<W, B, L, S> Restarting<W, B, L, S> {
    /// Returns the backend that the daemon is launched on.
    pub const fn backend(&self) -> &'static B {
        self.backend
    }

    pub(crate) fn start(&self) -> Start<B, L, S>
    where
        L: Clone,
        S: Clone,
    {
        Start {
            site: self.site.clone(),
            backend: self.backend,
            limit: self.limit,
            settle: self.settle.clone(),
            launched_at: self.launched_at,
        }
    }

    /// The next launch.
    fn again(self) -> Again
    where
        W: Send + 'static,
        B: Sync,
        L: Send + 'static,
        S: Send + 'static,
    {
        #[cfg(feature = "tokio")]
        let runtime = crate::backend::tokio::here();
        let Self { restart, pause, .. } = self;
        let launch = move |pause| {
            // A daemon that ran in a tokio runtime is launched in the same one again.
            #[cfg(feature = "tokio")]
            let _entered = runtime.as_ref().map(|it| it.enter());
            (self.start)(self.after(pause));
        };
        Again::new(restart, pause, Box::new(launch))
    }

    /// Doubles the pause for the next end.
    fn after(mut self, pause: Duration) -> Self {
        self.pause = backoff::doubled(pause);
        self
    }
}

/// A body whose launch is tried again after it was refused.
pub(crate) trait Refused {
    /// Schedules another launch after the current pause, and doubles the pause.
    fn retry_later(self);
}

impl<W, B, L, S> Refused for Restarting<W, B, L, S>
where
    W: Send + 'static,
    B: Sync,
    L: Send + 'static,
    S: Send + 'static,
{
    fn retry_later(self) {
        let Self { start, pause, .. } = self;
        schedule(pause, Box::new(move || start(self.after(pause))));
    }
}

impl<W, B: 'static, L, S> Refused for AsyncRestarting<W, B, L, S>
where
    Restarting<W, B, L, S>: Refused,
{
    fn retry_later(self) {
        self.0.retry_later();
    }
}

impl<W: Clone, B, L: Clone, S: Clone> Clone for Restarting<W, B, L, S> {
    fn clone(&self) -> Self {
        Self {
            work: self.work.clone(),
            site: self.site.clone(),
            settle: self.settle.clone(),
            ..*self
        }
    }
}

impl<W, B, L, S> fmt::Debug for Restarting<W, B, L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restarting").finish_non_exhaustive()
    }
}

impl<W, B, L, S> Work for Restarting<W, B, L, S>
where
    W: Work + Clone,
    B: Sync,
    L: Clone + Send + 'static,
    S: Clone + Send + 'static,
{
    /// The value, and what launches the daemon again (none in a test). `None` if a shutdown had begun before the body.
    type Output = Option<(W::Output, Option<Again>)>;
    type Args = W::Args;

    const IS_DAEMON: bool = true;

    fn execute(self) -> Self::Output {
        if phase::has_begun() {
            return None;
        }
        let mut again = Some(self.clone().again());
        let value = Again::watch(&mut again, || self.work.execute());
        Some((value, again))
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output> {
        let _soon = crate::testing::stop_daemons::soon();
        Begun::Ended(Some((self.work.execute(), None)))
    }
}

/// The body of an `async fn` daemon that is launched again.
#[derive(Debug)]
pub struct AsyncRestarting<W, B: 'static, L, S>(pub Restarting<W, B, L, S>);

impl<M, B, L, S> MakeFuture for AsyncRestarting<M, B, L, S>
where
    M: MakeFuture + Clone + Send + 'static,
    B: Sync,
    L: Clone + Send + 'static,
    S: Clone + Send + 'static,
{
    type Future = UntilEnded<M, B, L, S>;
    type Args = M::Args;

    fn make(self) -> Self::Future {
        UntilEnded {
            start: Some(self.0),
            body: None,
            again: None,
            is_in_a_test: false,
        }
    }

    fn give_back(self) -> Option<M::Args> {
        self.0.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn make_for_a_test(self) -> Self::Future {
        UntilEnded {
            is_in_a_test: true,
            ..self.make()
        }
    }
}

impl<M, B, L, S> Work for AsyncRestarting<M, B, L, S>
where
    M: MakeFuture + Clone + Send + 'static,
    B: Sync,
    L: Clone + Send + 'static,
    S: Clone + Send + 'static,
{
    type Output = Option<(<M::Future as Future>::Output, Option<Again>)>;
    type Args = M::Args;

    const IS_DAEMON: bool = true;

    fn execute(self) -> Self::Output {
        block_on(self.make())
    }

    fn give_back(self) -> Option<M::Args> {
        self.0.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output> {
        Begun::Awaits(Box::pin(async move { self.make_for_a_test().await }))
    }
}

pin_project! {
    /// A daemon's future, polled until it ends or a shutdown begins. The first poll clones the arguments and makes the body.
    pub struct UntilEnded<M, B, L, S>
    where
        M: MakeFuture,
        B: 'static,
    {
        start: Option<Restarting<M, B, L, S>>,
        #[pin]
        body: Option<UntilStopped<M::Future>>,
        again: Option<Again>,
        is_in_a_test: bool,
    }
}

impl<M: MakeFuture, B, L, S> fmt::Debug for UntilEnded<M, B, L, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilEnded").finish_non_exhaustive()
    }
}

impl<M, B, L, S> Future for UntilEnded<M, B, L, S>
where
    M: MakeFuture + Clone + Send + 'static,
    B: Sync,
    L: Clone + Send + 'static,
    S: Clone + Send + 'static,
{
    type Output = Option<(<M::Future as Future>::Output, Option<Again>)>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(start) = this.start.take() {
            if phase::has_begun() {
                return Poll::Ready(None);
            }
            if !*this.is_in_a_test {
                *this.again = Some(start.clone().again());
            }
            let body = UntilStopped::new(start.work.make(), *this.is_in_a_test);
            this.body.set(Some(body));
        }
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        match Again::watch(this.again, || body.poll(context)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(value) => Poll::Ready(value.map(|value| (value, this.again.take()))),
        }
    }
}

/// Turns the value of a daemon with `restart` into an end, and schedules the next launch if `restart` asks for it.
pub fn settle_restarting<R>(
    value: Option<(R, Option<Again>)>,
    launch: &InFlight,
    settle: impl FnOnce(R, &InFlight) -> End,
) -> End {
    let (value, again) = value.unzip();
    let end = settle_daemon(value, launch, settle);
    if let Some(again) = again.flatten() {
        match end {
            End::Failed(_) | End::Handled => again.after_a_failure(),
            End::Returned => again.after_a_return(),
            _ => {}
        }
    }
    end
}
