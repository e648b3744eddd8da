//! Daemons: bodies that run until the process stops, how they learn of a shutdown, and how their launches end.
//!
//! A daemon is a launch like others, but `flush` does not wait for it, and its end before a shutdown is reported. An
//! `async` daemon is wrapped in `UntilStopped`, whose waker is woken when a shutdown begins; its next poll is the last,
//! then the body is dropped. A `fn` daemon has to ask (`is_stopping`), and asking marks its site.
//!
//! A shutdown waits for a daemon that learns of it, and only for such. No daemon falls in between: a body marks its
//! site and then reads the phase of the shutdown; the shutdown writes the phase and then reads the marks, all `SeqCst`.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::account::end::End;
use crate::account::functions;
use crate::account::in_flight::InFlight;
use crate::report::line::{self, in_one_line};
use crate::stop::phase;
use crate::stop::stopping::Stopping;
use crate::sync::process::AtomicBool;
use crate::task::work::{MakeFuture, Work};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;

/// The body of a `fn` daemon, which learns of a shutdown by [`is_stopping`](crate::is_stopping).
#[derive(Debug)]
pub struct Daemon<W>(W);

/// Wraps the body of a `fn` daemon.
pub fn daemon<W>(body: W) -> Daemon<W> {
    Daemon(body)
}

impl<W: Work> Work for Daemon<W> {
    /// `None` if a shutdown had begun before the body, which then does not run.
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
        let _soon = crate::testing::stop_daemons::soon();
        Begun::Ended(Some(self.0.execute()))
    }
}

/// The body of an `async fn` daemon, which is dropped after a shutdown has begun.
#[derive(Debug)]
pub struct AsyncDaemon<M>(M);

/// Wraps the body of an `async fn` daemon.
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
    /// A future that polls its body once more after a shutdown has begun, and then drops it.
    ///
    /// Its output is `None` if the body was dropped. A body that has not been polled before the shutdown is dropped at once.
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
            stopping: Stopping::until(phase::has_begun),
        }
    }
}

impl<F: Future> Future for UntilStopped<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        // This registers the waker before it reads the phase: a shutdown that begins afterwards wakes the task again.
        let is_last = this.stopping.is_ready(context);
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
            // Dropped inside the poll, so that its destructors run as a part of the body on every backend.
            this.body.set(None);
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Turns the value of a daemon into an end: that of its body, except that a return before a shutdown counts as failed.
///
/// `None` says that the shutdown ended the body, which is ok.
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

/// Returns whether a daemon is in flight that learns of the shutdown; the shutdown waits for it.
///
/// Call this before asking whether all else is quiet, so that the last launch of a daemon is seen there.
pub(crate) fn is_awaited() -> bool {
    functions::all().any(|site| site.is_daemon() && site.is_told() && !site.is_quiet())
}

/// Writes the daemons that still run after the end of a shutdown to standard error, once per process.
pub(crate) fn name_those_that_go_on() {
    static IS_DONE: AtomicBool = AtomicBool::new(false);
    let names = functions::rows()
        .filter(|site| site.is_daemon())
        .map(|site| (site.name(), site.of_all_backends().1.in_flight()))
        .filter(|(_, in_flight)| *in_flight > 0)
        .map(|(name, in_flight)| {
            let name: String = in_one_line(name).collect();
            format!("`{name}` ({in_flight})")
        })
        .collect::<Vec<_>>();
    if !names.is_empty() && !IS_DONE.swap(true, Ordering::SeqCst) {
        line::note(format_args!(
            "the shutdown has ended; daemons that still run: {}",
            names.join(", ")
        ));
    }
}
