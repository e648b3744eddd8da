//! Runs captured launches on the thread of the test.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::account::end::End;
use crate::account::site::Site;
use crate::testing::launch::report;
use crate::testing::store::{Begun, Captured, Store};
use crate::thread::{body, unwind};

/// Captured launches that run, from [`Capture::run`](super::Capture::run) and
/// [`Capture::run_only`](super::Capture::run_only).
///
/// Each `fn` before the first `async fn` has already run. This future runs the rest. Its output is the texts of the errors that
/// bodies returned, in launch order.
///
/// # Panics
///
/// If an `async fn` was launched, and this is dropped without being awaited.
///
/// # Cancel safety
///
/// The running body is dropped at its `.await`. Launches that have not begun are captured again.
pub struct Run<'a> {
    store: &'a Store,
    /// The launches that have not begun.
    left: VecDeque<Captured>,
    running: Option<Running>,
    errors: Vec<String>,
    has_been_polled: bool,
}

/// The running body of an `async fn`.
struct Running {
    future: Pin<Box<dyn Future<Output = End>>>,
    site: &'static Site,
    launched_at: &'static Location<'static>,
}

impl<'a> Run<'a> {
    /// Runs launches of this store, up to the first that has to be awaited.
    pub(super) fn new(store: &'a Store, launches: Vec<Captured>) -> Self {
        let mut run = Self {
            store,
            left: launches.into(),
            running: None,
            errors: Vec::new(),
            has_been_polled: false,
        };
        run.advance();
        run
    }

    /// The texts of the errors that bodies returned, in launch order, for a test that is not async.
    ///
    /// # Panics
    ///
    /// If an `async fn` was launched, because that has to be awaited.
    #[track_caller]
    #[must_use]
    pub fn errors(mut self) -> Vec<String> {
        if let Some(text) = self.unawaited() {
            panic!("{text}");
        }
        std::mem::take(&mut self.errors)
    }

    /// Runs bodies, up to the first that has to be awaited.
    fn advance(&mut self) {
        while self.running.is_none()
            && let Some(captured) = self.left.pop_front()
        {
            let Captured {
                site,
                launched_at,
                launch,
                ..
            } = captured;
            let _inside = body::enter(body::is_of_observer());
            match launch.begin(site, launched_at) {
                Begun::Ended(end) => self.errors.extend(report(end, site, launched_at)),
                Begun::Awaits(future) => {
                    self.running = Some(Running {
                        future,
                        site,
                        launched_at,
                    });
                }
            }
        }
    }

    /// Returns the message for an `async fn` that was not awaited.
    fn unawaited(&self) -> Option<String> {
        let running = self.running.as_ref().filter(|_| !self.has_been_polled)?;
        Some(format!(
            "`{}`, launched at {}:{}, is an `async fn`: write `launches.run().await`",
            running.site.name(),
            running.launched_at.file(),
            running.launched_at.line(),
        ))
    }
}

impl Future for Run<'_> {
    type Output = Vec<String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<String>> {
        let this = &mut *self;
        this.has_been_polled = true;
        while let Some(running) = &mut this.running {
            let inside = body::enter(body::is_of_observer());
            let Poll::Ready(end) = running.future.as_mut().poll(context) else {
                return Poll::Pending;
            };
            let (site, launched_at) = (running.site, running.launched_at);
            // The future is dropped where a panic counts as the body's.
            this.running = None;
            drop(inside);
            this.errors.extend(report(end, site, launched_at));
            this.advance();
        }
        Poll::Ready(std::mem::take(&mut this.errors))
    }
}

impl Drop for Run<'_> {
    #[track_caller]
    fn drop(&mut self) {
        self.store.put_back(std::mem::take(&mut self.left).into());
        let unawaited = self.unawaited();
        let running = self.running.take();
        // Caught by itself: the future is the user's, and a panic of its destructor during an unwinding would abort
        // the process.
        let dropped = unwind::catch(|| drop(running));
        if std::thread::panicking() {
            return;
        }
        if let Some(text) = unawaited {
            panic!("{text}");
        }
        if let Err(panic) = dropped {
            unwind::resume(&panic);
        }
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("left", &self.left)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
