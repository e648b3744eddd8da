//! The end of the process: when launches are admitted, and how what is left is waited for.

use std::time::Duration;

use crate::queue::capacity;
use crate::report::{limit, line};
use crate::service::service;
use crate::stop::phase;
use crate::stop::wait::{All, Pending, Scope, Unfinished, Wait, WhyUnfinished};
use crate::stop::{progress, stopping, wait};
use crate::sync::lock;
use crate::sync::process::{Instant, Mutex};
use crate::task::daemon;
use crate::thread::body;

/// Waits for a moment at which nothing is in flight, and keeps accepting launches meanwhile.
///
/// A [daemon](macro@crate::fire_and_forget#daemon) in flight is not counted.
///
/// It acts when called; the [`Wait`] that it returns only tells how it went. It looks at the whole process: while
/// launches keep coming there may be no such moment, though each of them ends. [`Pool::flush`](crate::Pool::flush)
/// looks at one pool, [`shutdown`] refuses new launches first; the [guide](crate::guide::stopping) compares them.
///
/// # Errors
///
/// The wait fails with [`Unfinished`] when `timeout` passes first; at once when called inside a launched body,
/// which would wait for itself, or inside what else a launch [waits for](crate::WhyUnfinished::InsideBody).
///
/// # Cancel safety
///
/// Dropping the [`Wait`] stops the waiting and nothing else.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// fn audit(line: String) {
///     println!("{line}");
/// }
///
/// audit("Ada logged in".into());
/// fire_and_forget::flush(Duration::from_secs(5)).wait()?;
/// audit("still accepted".into());
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
pub fn flush(timeout: Duration) -> Wait {
    wait::begin(&All, timeout)
}

/// Refuses new launches, waits for those in flight, and gives up on what is still queued when `timeout` passes.
///
/// It is final, and acts when called. Launches made inside a running body are still accepted, so a job that hands
/// a second one on is completed. At the deadline what is queued is dropped and reported as
/// [`Loss::Abandoned`](crate::Loss::Abandoned); what is running goes on until the process ends. When all is quiet
/// in time, the worker threads are joined, so the destructors of their thread-locals have run.
///
/// It tells [daemons](macro@crate::fire_and_forget#daemon), and whoever waits for [`stopping`](crate::stopping()); it waits for
/// daemons that learn of it, and fails for none: those that go on are named in a line on standard error.
///
/// A second call waits together with the first, for the first one's deadline.
///
/// Whole programs, with SIGTERM and Ctrl-C handled, are in the [guide](crate::guide::stopping).
///
/// # Errors
///
/// The wait fails with [`Unfinished`] when `timeout` passes first; at once, and without acting, when called inside
/// a launched body, or inside what else a launch [waits for](crate::WhyUnfinished::InsideBody).
///
/// # Cancel safety
///
/// Dropping the [`Wait`] does not stop the shutdown.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// fn audit(line: String) {
///     println!("{line}");
/// }
///
/// audit("Ada logged in".into());
/// if let Err(unfinished) = fire_and_forget::shutdown(Duration::from_secs(5)).wait() {
///     eprintln!("{unfinished}");
/// }
/// audit("refused, counted and reported".into());
/// assert_eq!(fire_and_forget::ledger().total().refused, 1);
/// ```
pub fn shutdown(timeout: Duration) -> Wait {
    if body::is_waited_for() {
        return Wait::failed(Unfinished::inside_a_body());
    }
    if let Some(wait) = wait::in_a_fork(&Shutdown) {
        return wait;
    }
    let pending = Pending::new(&Shutdown, timeout);
    let mut first = lock(&SHUTDOWN);
    if let Some(pending) = &*first {
        return Wait::on(pending);
    }
    *first = Some(pending.clone());
    // A launch increments its counter and then reads this; `advance` reads the counters after it. SeqCst on all
    // four: one of the two sees the other. Under the lock, so that whoever joins does not end it before.
    phase::drain();
    drop(first);
    capacity::shut_down();
    #[cfg(feature = "durable")]
    crate::durable::changed();
    wait::enter(&pending);
    Wait::on(&pending)
}

/// Returns a guard for `main` that calls [`shutdown`] when it is dropped, and waits.
///
/// What is unfinished after `timeout` is said in a line on standard error. A guard does not run when the process
/// is stopped by a [signal](crate::guide::stopping) or leaves through [`std::process::exit`].
///
/// Bind it to a name, such as `_guard`: `let _ = shutdown_on_drop(…)` drops it, and so shuts down, at once.
///
/// On a thread that is in a current-thread tokio runtime it does not wait: it may be the only one that can finish the
/// runtime's tasks. If anything but daemons is in flight it says so on standard error, at once; end such a `main` with
/// `shutdown(timeout).await` instead.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// fn main() {
///     let _guard = fire_and_forget::shutdown_on_drop(Duration::from_secs(5));
///     // … the rest of the program …
/// }
/// ```
///
/// In a current-thread runtime, in its place:
///
/// ```
/// use std::time::Duration;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     // … the rest of the program …
///     if let Err(unfinished) = fire_and_forget::shutdown(Duration::from_secs(5)).await {
///         eprintln!("{unfinished}");
///     }
/// }
/// ```
pub fn shutdown_on_drop(timeout: Duration) -> ShutdownGuard {
    ShutdownGuard { timeout }
}

/// Shuts down when it is dropped, and waits: the guard that [`shutdown_on_drop`] returns.
#[derive(Debug)]
#[must_use = "dropping the guard shuts down: bind it to a name such as `_guard`"]
pub struct ShutdownGuard {
    timeout: Duration,
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        let wait = shutdown(self.timeout);
        let may_not_block = !wait.is_over() && wait::would_stop_a_runtime();
        if may_not_block && wait::is_quiet() && daemon::is_awaited() {
            // They are told, or end with their runtime, and nothing is lost with them.
        } else if may_not_block && !wait::is_quiet() {
            let unfinished = Unfinished::on_a_current_thread_runtime();
            line::note(format_args!(
                "`shutdown_on_drop` cannot wait inside a current-thread tokio runtime, whose tasks would stop: \
                 use `shutdown(timeout).await` instead{}",
                unfinished.names()
            ));
        } else if let Err(unfinished) = wait.block() {
            line::note(format_args!("{unfinished}"));
        }
    }
}

/// Everything, and then the end of the threads.
#[derive(Debug)]
struct Shutdown;

impl Scope for Shutdown {
    fn is_quiet(&self, all: &dyn Fn() -> bool) -> bool {
        all()
    }

    fn unfinished(&self, reason: WhyUnfinished) -> Unfinished {
        All.unfinished(reason)
    }

    fn advance(
        &self,
        now: Instant,
        deadline: Option<Instant>,
        _: &dyn Fn() -> bool,
    ) -> Option<Result<(), Unfinished>> {
        advance(now, deadline)
    }

    fn late_result(&self) -> Result<(), Unfinished> {
        #[cfg(feature = "durable")]
        if !phase::has_ended() {
            // The service thread is held up, and the process may exit now.
            crate::durable::save_what_is_left();
        }
        // In this order: what was given up is counted as ended afterwards.
        if wait::is_quiet() && !progress::has_given_up() {
            Ok(())
        } else {
            Err(Unfinished::at_deadline())
        }
    }

    fn is_over(&self) -> bool {
        phase::has_ended()
    }

    fn has_given_up(&self) -> bool {
        progress::has_given_up()
    }
}

/// Takes the shutdown as far as it can go now; returns its result once it is complete.
fn advance(now: Instant, deadline: Option<Instant>) -> Option<Result<(), Unfinished>> {
    let is_late = deadline.is_some_and(|deadline| deadline <= now);
    stopping::tell();
    #[cfg(feature = "durable")]
    crate::durable::tell();
    if !phase::has_ended() {
        // First: what daemons launch last is seen by the second look.
        let is_daemon_awaited = daemon::is_awaited() && !is_late;
        let is_quiet = wait::is_quiet();
        if is_quiet && is_daemon_awaited {
            return None;
        }
        if is_quiet {
            phase::end();
            #[cfg(feature = "durable")]
            crate::durable::changed();
        } else if is_late {
            let unfinished = Unfinished::at_deadline();
            #[cfg(feature = "durable")]
            crate::durable::save_what_is_left();
            let abandoning = progress::give_up();
            phase::end();
            capacity::shut_down();
            #[cfg(feature = "durable")]
            crate::durable::changed();
            service::maintain_all(now);
            #[cfg(feature = "durable")]
            crate::durable::wait_for_late_ones(deadline.unwrap_or(now));
            drop(abandoning);
            return Some(over(Err(unfinished)));
        } else {
            return None;
        }
    }
    if progress::has_given_up() {
        // Whoever did so knows what was unfinished then.
        return None;
    }
    service::maintain_all(now);
    #[cfg(feature = "durable")]
    if is_late && crate::durable::is_held() {
        // A store does not know yet what was done.
        return Some(over(Err(Unfinished::at_deadline())));
    }
    if is_late || !service::has_threads() {
        return Some(over(Ok(())));
    }
    None
}

/// The shutdown has come to its end, and all that is to be said has been said.
fn over(result: Result<(), Unfinished>) -> Result<(), Unfinished> {
    daemon::name_those_that_go_on();
    limit::flush();
    result
}

/// The first call's wait: later calls join it.
static SHUTDOWN: Mutex<Option<Pending>> = Mutex::new(None);
