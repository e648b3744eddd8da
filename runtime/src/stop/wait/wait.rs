//! Waiting for quiet: the handle.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use super::blocking::would_stop_a_runtime;
use super::list::enter;
use super::pending::Pending;
use super::scope::{self, Scope};
use super::unfinished::Unfinished;
#[cfg(doc)]
use super::unfinished::WhyUnfinished;
use crate::thread::body;

/// The progress of a [`flush`](crate::flush) or a [`shutdown`](crate::shutdown): block on it, or `.await` it on
/// any executor.
///
/// The action began when the function was called; this only waits for it. It ends by its deadline, or up to 250 ms later
/// where a waker or a destructor of yours holds up the thread that ends waits.
///
/// # Cancel safety
///
/// Dropping it loses nothing but the result.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::Unfinished;
///
/// /// On a thread.
/// fn rest() -> Result<(), Unfinished> {
///     fire_and_forget::flush(Duration::from_secs(5)).wait()
/// }
///
/// /// In a task.
/// async fn stop() -> Result<(), Unfinished> {
///     fire_and_forget::shutdown(Duration::from_secs(5)).await
/// }
///
/// rest()?;
/// # tokio::runtime::Runtime::new().expect("a runtime").block_on(stop())?;
/// # Ok::<(), Unfinished>(())
/// ```
#[derive(Debug)]
#[must_use = "call `.wait()` or `.await` it: the result names what is unfinished"]
pub struct Wait {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Done(Result<(), Unfinished>),
    Pending(Handle),
}

/// One of those that wait together: two calls of `shutdown` do.
#[derive(Debug)]
struct Handle {
    pending: Pending,
    number: u64,
    was_polled: bool,
}

impl Handle {
    fn new(pending: Pending) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        Self {
            pending,
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            was_polled: false,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.was_polled {
            self.pending.forget(self.number);
        }
    }
}

impl Wait {
    /// Blocks until everything has ended, or the timeout has passed.
    ///
    /// # Errors
    ///
    /// When something is unfinished at the deadline. At once when called inside a launched body, which would wait
    /// for itself, or inside what else a launch [waits for](WhyUnfinished::InsideBody); or on a thread that is in a
    /// current-thread tokio runtime, which may be the one that its tasks need: `.await` there.
    pub fn wait(self) -> Result<(), Unfinished> {
        match &self.inner {
            // Inside a body, `.await` would not help either.
            Inner::Pending(Handle { pending, .. })
                if !body::is_waited_for() && would_stop_a_runtime() && !pending.is_done() =>
            {
                Err(Unfinished::on_a_current_thread_runtime())
            }
            _ => self.block(),
        }
    }

    /// Blocks on any thread.
    pub(crate) fn block(self) -> Result<(), Unfinished> {
        match &self.inner {
            Inner::Done(result) => result.clone(),
            Inner::Pending(Handle { pending, .. })
                if body::is_waited_for() && !pending.is_done() =>
            {
                Err(Unfinished::inside_a_body())
            }
            Inner::Pending(Handle { pending, .. }) => pending.block(),
        }
    }

    /// Is the result known, so that nothing has to be waited for?
    pub(crate) fn is_over(&self) -> bool {
        match &self.inner {
            Inner::Done(_) => true,
            Inner::Pending(handle) => handle.pending.is_done(),
        }
    }

    pub(crate) fn failed(unfinished: Unfinished) -> Self {
        Self {
            inner: Inner::Done(Err(unfinished)),
        }
    }

    pub(crate) fn on(pending: &Pending) -> Self {
        Self {
            inner: Inner::Pending(Handle::new(pending.clone())),
        }
    }
}

/// Dropping it loses nothing but the result, in a panic, too.
impl RefUnwindSafe for Wait {}
impl UnwindSafe for Wait {}

impl Future for Wait {
    type Output = Result<(), Unfinished>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.inner {
            Inner::Done(result) => Poll::Ready(result.clone()),
            Inner::Pending(Handle { pending, .. })
                if body::is_waited_for() && !pending.is_done() =>
            {
                Poll::Ready(Err(Unfinished::inside_a_body()))
            }
            Inner::Pending(handle) => {
                handle.was_polled = true;
                handle.pending.poll(handle.number, cx)
            }
        }
    }
}

/// Starts to wait for `scope`, unless this thread is what would be waited for.
pub(crate) fn begin(scope: &'static dyn Scope, timeout: Duration) -> Wait {
    if body::is_waited_for() {
        return Wait::failed(Unfinished::inside_a_body());
    }
    if let Some(wait) = in_a_fork(scope) {
        return wait;
    }
    let pending = Pending::new(scope, timeout);
    enter(&pending);
    Wait::on(&pending)
}

/// The wait for `scope` in a process that was forked from one that had launched: it is over, since nothing in flight is
/// here.
pub(crate) fn in_a_fork(scope: &dyn Scope) -> Option<Wait> {
    let result = scope::in_a_fork(scope)?;
    Some(Wait {
        inner: Inner::Done(result),
    })
}
