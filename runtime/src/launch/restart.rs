//! `restart`: launches a daemon again after an early end, with backoff.
//!
//! `Restarting` holds the body and what its launch needs; each start clones it, and the clone launches the next one.
//! While a body runs, `Again` holds that clone. An early end schedules it: the body's return by `settle_restarting`, a
//! panic by the destructor of `Panics`. The service thread keeps the pauses (`RESTARTS`), 1 s at first, doubled up to 60
//! s; a body that ran for over 60 s starts again with 1 s. A shutdown drops what is scheduled.

use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::launch::launch::Start;
use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::sync::process::{AtomicBool, Instant, Mutex};
use crate::sync::{lock, lock_with_room};
use crate::task::daemon::{UntilStopped, settle_daemon};
use crate::task::work::{MakeFuture, Work};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;
use crate::thread::unwind;

/// The ends after which a daemon is launched again.
#[derive(Debug, Clone, Copy)]
pub enum Restart {
    /// An error and a panic.
    OnFailure,
    /// An error, a panic and a return.
    Always,
}

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

    /// Doubles the pause for the next end, up to `MAX_BACKOFF`.
    fn after(mut self, pause: Duration) -> Self {
        self.pause = (pause * 2).min(MAX_BACKOFF);
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
        let mut again = Some(Again::of(self.clone()));
        let panics = Panics(&mut again);
        let value = self.work.execute();
        mem::forget(panics);
        Some((value, again))
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output> {
        let _soon = crate::testing::told::soon();
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
                *this.again = Some(Again::of(start.clone()));
            }
            let body = UntilStopped::new(start.work.make(), *this.is_in_a_test);
            this.body.set(Some(body));
        }
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let panics = Panics(this.again);
        let poll = body.poll(context);
        mem::forget(panics);
        match poll {
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

/// The next launch of a running daemon: scheduled if the body ends early, otherwise dropped.
pub struct Again {
    restart: Restart,
    launch: Box<dyn FnOnce(Duration) + Send>,
    began: Instant,
    pause: Duration,
}

impl Again {
    fn of<W, B, L, S>(it: Restarting<W, B, L, S>) -> Self
    where
        W: Send + 'static,
        B: Sync,
        L: Send + 'static,
        S: Send + 'static,
    {
        let Restarting { restart, pause, .. } = it;
        #[cfg(feature = "tokio")]
        let runtime = crate::backend::tokio::here();
        let launch = move |pause| {
            // A daemon that ran in a tokio runtime is launched in the same one again.
            #[cfg(feature = "tokio")]
            let _entered = runtime.as_ref().map(|it| it.enter());
            (it.start)(it.after(pause));
        };
        Self {
            restart,
            launch: Box::new(launch),
            began: Instant::now(),
            pause,
        }
    }

    fn after_a_failure(self) {
        let has_lasted = self.began.elapsed() > MAX_BACKOFF;
        let pause = if has_lasted { MIN_BACKOFF } else { self.pause };
        let launch = self.launch;
        schedule(pause, Box::new(move || launch(pause)));
    }

    fn after_a_return(self) {
        if matches!(self.restart, Restart::Always) {
            self.after_a_failure();
        }
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Again").finish_non_exhaustive()
    }
}

/// Schedules the next launch when the body unwinds. Forgotten when the body returns.
struct Panics<'a>(&'a mut Option<Again>);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        if let Some(again) = self.0.take() {
            again.after_a_failure();
        }
    }
}

/// Has the service thread call `launch` after a pause, unless a shutdown begins before.
fn schedule(pause: Duration, launch: Box<dyn FnOnce() + Send>) {
    if phase::has_begun() {
        return;
    }
    service::register_once(&IS_REGISTERED, &RESTARTS);
    let at = Instant::now() + pause;
    lock_with_room(&RESTARTS.waiting).push((at, launch));
    service::wake_or_retry();
}

/// The daemons whose pause is not over.
struct Restarts {
    waiting: Mutex<Vec<Waiting>>,
}

impl Background for Restarts {
    /// Launches each daemon whose pause is over. Drops all of them once a shutdown has begun.
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        loop {
            let is_over = phase::has_begun();
            let mut waiting = lock(&self.waiting);
            let Some(index) = waiting.iter().position(|(at, _)| is_over || *at <= now) else {
                return waiting.iter().map(|(at, _)| *at).min();
            };
            let (_, launch) = waiting.swap_remove(index);
            drop(waiting);
            // Caught for each daemon alone: the arguments, and maybe the backend, are the user's and may panic.
            let _ = unwind::catch(|| {
                if is_over {
                    drop(launch);
                } else {
                    launch();
                }
            });
        }
    }

    fn has_threads(&self) -> bool {
        false
    }
}

type Waiting = (Instant, Box<dyn FnOnce() + Send>);
static RESTARTS: Restarts = Restarts {
    waiting: Mutex::new(Vec::new()),
};
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

const MIN_BACKOFF: Duration = Duration::from_secs(1);
/// The longest pause. Also the time that a body has to run for the pauses to begin with `MIN_BACKOFF` again.
const MAX_BACKOFF: Duration = Duration::from_secs(60);
