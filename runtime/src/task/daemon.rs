//! What a daemon is: a body that goes on until the process stops, how it is told, and how it ends.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::account::functions;
use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
use crate::account::site::Site;
use crate::report::stderr::{self, in_one_line};
use crate::stop::phase;
use crate::stop::stopping::Stopping;
use crate::sync::process::AtomicBool;
use crate::task::work::{MakeFuture, Work};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;

/// The body of a `fn` that is a daemon. It learns of a shutdown by [`is_stopping`](crate::is_stopping).
#[derive(Debug)]
pub struct Daemon<W>(W);

/// Wraps the body of a `fn`.
pub fn daemon<W>(body: W) -> Daemon<W> {
    Daemon(body)
}

impl<W: Work> Work for Daemon<W> {
    /// None: a shutdown had begun before.
    type Output = Option<W::Output>;
    type Args = W::Args;

    const IS_DAEMON: bool = true;

    fn execute(self) -> Option<W::Output> {
        (!phase::has_begun()).then(|| self.0.execute())
    }

    fn give_back(self) -> Option<W::Args> {
        self.0.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Option<W::Output>> {
        let _soon = crate::testing::told::soon();
        Begun::Ended(Some(self.0.execute()))
    }
}

/// The body of an `async fn` that is a daemon. It is dropped when a shutdown has begun.
#[derive(Debug)]
pub struct AsyncDaemon<M>(M);

/// Wraps the body of an `async fn`.
pub fn async_daemon<M>(body: M) -> AsyncDaemon<M> {
    AsyncDaemon(body)
}

impl<M: MakeFuture> MakeFuture for AsyncDaemon<M> {
    type Future = UntilStopped<M::Future>;
    type Args = M::Args;

    fn make(self) -> UntilStopped<M::Future> {
        UntilStopped::new(self.0.make(), false)
    }

    #[cfg(feature = "testing")]
    fn make_for_a_test(self) -> UntilStopped<M::Future> {
        UntilStopped::new(self.0.make(), true)
    }

    fn give_back(self) -> Option<M::Args> {
        self.0.give_back()
    }
}

impl<M> Work for AsyncDaemon<M>
where
    M: MakeFuture + Send + 'static,
{
    type Output = Option<<M::Future as Future>::Output>;
    type Args = M::Args;

    const IS_DAEMON: bool = true;

    fn execute(self) -> Self::Output {
        block_on(self.make())
    }

    fn give_back(self) -> Option<M::Args> {
        self.0.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output> {
        Begun::Awaits(Box::pin(async move { self.make_for_a_test().await }))
    }
}

pin_project! {
    /// A body that is polled once more when a shutdown has begun, and is then dropped.
    ///
    /// Its output is none where it was dropped.
    #[derive(Debug)]
    pub struct UntilStopped<F> {
        #[pin]
        body: Option<F>,
        has_begun: bool,
        ends_when_it_waits: bool,
        stopping: Stopping,
    }
}

impl<F> UntilStopped<F> {
    pub(crate) fn new(body: F, ends_when_it_waits: bool) -> Self {
        Self {
            body: Some(body),
            has_begun: false,
            ends_when_it_waits,
            stopping: Stopping::new(),
        }
    }
}

impl<F: Future> Future for UntilStopped<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        // If the shutdown begins after this, it wakes the task, and this is not the last poll.
        let is_last = this.stopping.poll_begun(context);
        if is_last && !*this.has_begun {
            this.body.set(None);
        }
        *this.has_begun = true;
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(value) = body.poll(context) {
            return Poll::Ready(Some(value));
        }
        if is_last || *this.ends_when_it_waits {
            // Here, so that it is a part of the body on every backend.
            this.body.set(None);
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// How the launch of a daemon ends: as its body did, but that to return is to fail before a shutdown has begun.
pub fn settle_daemon<R>(
    value: Option<R>,
    launch: &InFlight,
    settle: impl FnOnce(R, &InFlight) -> End,
) -> End {
    let Some(value) = value else {
        return End::Ok;
    };
    match settle(value, launch) {
        End::Ok if !phase::has_begun() => End::Returned,
        end => end,
    }
}

/// Is a daemon in flight that a shutdown waits for: one that learns of it?
///
/// To be asked before it is asked whether all else is quiet: what a daemon launches last is then seen there.
pub(crate) fn is_awaited() -> bool {
    functions::all().any(|site| site.is_daemon() && site.is_told() && !site.is_quiet())
}

/// Names the daemons that go on after the end of a shutdown, once.
pub(crate) fn name_those_that_go_on() {
    static IS_DONE: AtomicBool = AtomicBool::new(false);
    let names = functions::rows()
        .filter(|site| site.is_daemon())
        .map(|site| (site.name(), site.row().counts().in_flight()))
        .filter(|(_, in_flight)| *in_flight > 0)
        .map(|(name, in_flight)| {
            let name: String = in_one_line(name).collect();
            format!("`{name}` ({in_flight})")
        })
        .collect::<Vec<_>>();
    if !names.is_empty() && !IS_DONE.swap(true, Ordering::SeqCst) {
        stderr::note(format_args!(
            "the shutdown is over; daemons that go on until the process ends: {}",
            names.join(", ")
        ));
    }
}

/// What a [`Site`] knows of this.
#[derive(Debug)]
pub(crate) struct Marks {
    is_daemon: bool,
    is_async: bool,
    /// Does it learn of a shutdown? An `async fn` does; a `fn` has asked.
    told: AtomicBool,
}

impl Marks {
    /// It is no daemon.
    pub(crate) const fn none() -> Self {
        Self {
            is_daemon: false,
            is_async: false,
            told: AtomicBool::new(false),
        }
    }

    pub(crate) const fn of_daemon(is_async: bool) -> Self {
        Self {
            is_daemon: true,
            is_async,
            told: AtomicBool::new(is_async),
        }
    }

    /// The same of a function that nothing has been launched of.
    pub(crate) const fn fresh(&self) -> Self {
        if self.is_daemon {
            Self::of_daemon(self.is_async)
        } else {
            Self::none()
        }
    }
}

impl Site {
    pub(crate) fn is_daemon(&self) -> bool {
        self.marks().is_daemon
    }

    pub(crate) fn is_told(&self) -> bool {
        self.marks().told.load(Ordering::SeqCst)
    }

    /// A body of this function asks whether the process stops.
    ///
    /// `SeqCst` pairs with [`is_awaited`]: a body asks and then looks whether a shutdown has begun, which begins and then looks
    /// who has asked. So the body learns of it, or the shutdown waits for the body.
    pub(crate) fn asks(&self) {
        let is_told = &self.marks().told;
        if !is_told.load(Ordering::Relaxed) {
            is_told.store(true, Ordering::SeqCst);
        }
    }
}
