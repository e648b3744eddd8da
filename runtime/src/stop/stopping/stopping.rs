//! How code learns that the process stops, on whatever thread or task it runs.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::wakers::{Key, Wakers};
use crate::service::service;
use crate::stop::phase;
use crate::thread::{body, unwind};

/// Has a [`shutdown`](crate::shutdown()) begun?
///
/// Use it in loops and long work, in the body of a launch or anywhere else. It is cheap: it reads one number. A shutdown waits for a
/// `fn` that is a [daemon](macro@crate::fire_and_forget#daemon) only if the daemon has called it.
///
/// It is also true when launches from outside are refused: in a child process that was [forked](crate#forks-and-libraries) after the
/// first launch, and while the exit handlers of the process run.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::{fire_and_forget, is_stopping};
///
/// /// Does what it can, and leaves the rest to the next start.
/// #[fire_and_forget]
/// fn reindex(pages: Vec<String>) {
///     for page in pages {
///         if is_stopping() {
///             return;
///         }
///         println!("{page}");
///     }
/// }
///
/// reindex(vec!["one".into(), "two".into()]);
/// fire_and_forget::shutdown(Duration::from_secs(5)).wait()?;
/// assert!(is_stopping());
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[must_use]
pub fn is_stopping() -> bool {
    body::asks();
    #[cfg(feature = "testing")]
    if crate::testing::stop_daemons::is_told() {
        return true;
    }
    phase::has_begun()
}

/// Waits until a [`shutdown`](crate::shutdown()) begins: a future that is ready from then on, on any executor.
///
/// The counterpart of [`is_stopping`] for an `async fn`, and for what is not launched.
///
/// # Cancel safety
///
/// Dropping it loses nothing. A future that is made later is ready as well.
///
/// # Examples
///
/// In a launch that waits for something else meanwhile:
///
/// ```
/// # #[cfg(feature = "tokio")] mod with_tokio {
/// use std::time::Duration;
/// use fire_and_forget::{fire_and_forget, stopping};
///
/// #[fire_and_forget]
/// async fn remind(of: String) {
///     tokio::select! {
///         () = tokio::time::sleep(Duration::from_secs(3600)) => println!("remember {of}"),
///         () = stopping() => println!("the next start reminds of {of}"),
///     }
/// }
///
/// # pub fn main() -> Result<(), fire_and_forget::Unfinished> {
/// remind("tea".into());
/// fire_and_forget::shutdown(Duration::from_secs(5)).wait()?;
/// # Ok(())
/// # }
/// # }
/// # #[cfg(feature = "tokio")] fn main() { with_tokio::main().unwrap() }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
pub fn stopping() -> Stopping {
    body::asks();
    Stopping::until(phase::has_begun)
}

/// A future that is ready once a shutdown has begun: see [`stopping`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stopping {
    holds: fn() -> bool,
    /// The waker that is woken when a shutdown begins and when it ends, and where it is kept.
    kept: Option<(Key, Waker)>,
}

impl Stopping {
    /// A future that is ready once a shutdown has reached a phase. It asks for nobody: see [`body::asks`].
    pub(crate) const fn until(holds: fn() -> bool) -> Self {
        Self { holds, kept: None }
    }

    /// Is it ready? If not, the task is woken when a shutdown reaches a phase.
    pub(crate) fn is_ready(&mut self, context: &Context<'_>) -> bool {
        if (self.holds)() {
            return true;
        }
        self.keep(context);
        // The waker is kept before this look, and a shutdown writes its phase before it looks for wakers: one of the two sees
        // the other.
        (self.holds)()
    }

    fn keep(&mut self, context: &Context<'_>) {
        let waker = context.waker();
        if let Some((_, kept)) = &self.kept
            && kept.will_wake(waker)
            && !phase::has_begun()
        {
            // It is still kept: no shutdown has taken it out.
            return;
        }
        // The service thread is to wake it, and not who shuts down.
        if !service::is_running() {
            service::wake_or_retry();
        }
        // Cloned and dropped outside of the lock: it is code of somebody's executor.
        let (here, there) = (waker.clone(), waker.clone());
        let before = self.kept.take();
        let (key, older) = WAKERS.keep(before.as_ref().map(|(key, _)| *key), there);
        self.kept = Some((key, here));
        discard(before.map(|(_, here)| here));
        discard(older);
    }
}

impl Future for Stopping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_ready(context) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some((key, here)) = self.kept.take() {
            // In a fork, another thread may have held the lock for ever.
            if !phase::is_forked() {
                discard(WAKERS.remove(key));
            }
            discard(Some(here));
        }
    }
}

/// Drops a waker. Its destructor is code of somebody's executor: a panic in it goes no further.
fn discard(waker: Option<Waker>) {
    let _ = unwind::catch(|| drop(waker));
}

/// Wakes the tasks that wait for a phase of a shutdown. For the service thread, and for threads that do its work.
pub(crate) fn tell() {
    WAKERS.wake_all();
}

static WAKERS: Wakers = Wakers::new();
