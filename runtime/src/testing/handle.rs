//! Handles, which carry a capture, a refusal or a ban to other threads and tasks.

use std::future::poll_fn;
use std::sync::{Arc, Weak};

use crate::testing::mode::{self, Action, Coverage, Guard, Mode};

/// The mode of the thread that created it, until it is dropped.
#[derive(Debug)]
pub(super) struct Scope {
    mode: Arc<Mode>,
    _guard: Guard,
}

impl Scope {
    /// Creates a mode, and enters it on this thread.
    pub(super) fn new(coverage: Coverage, action: Action) -> Self {
        let mode = Arc::new(Mode { coverage, action });
        Self {
            _guard: mode::enter(Arc::downgrade(&mode)),
            mode,
        }
    }

    pub(super) fn handle(&self) -> Handle {
        Handle {
            mode: Arc::downgrade(&self.mode),
        }
    }
}

/// Captures, refuses or forbids the launches of other threads. It comes from [`Capture::handle`](super::Capture::handle),
/// [`Refusing::handle`](super::Refusing::handle) or [`Forbidding::handle`](super::Forbidding::handle).
///
/// After its capture or guard has been dropped, those launches run as usual.
///
/// # Examples
///
/// The worker threads of a tokio runtime, so that a whole test is captured:
///
/// ```
/// use fire_and_forget::{fire_and_forget, testing};
///
/// #[fire_and_forget]
/// async fn webhook(event: u32) {
///     println!("{event}");
/// }
///
/// let launches = testing::capture();
/// let handle = launches.handle();
/// let runtime = tokio::runtime::Builder::new_multi_thread()
///     .on_thread_start(move || handle.attach())
///     .build()?;
/// runtime.block_on(async {
///     // Tasks of the runtime launch on its threads.
///     tokio::spawn(async { webhook(7) }).await
/// })?;
/// assert_eq!(launches.take(webhook), [(7,)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Handle {
    mode: Weak<Mode>,
}

impl Handle {
    /// Affects the launches of the calling thread, until the guard is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use fire_and_forget::{fire_and_forget, testing};
    /// #
    /// # #[fire_and_forget]
    /// # fn welcome(to: String) {
    /// #     println!("welcome, {to}");
    /// # }
    /// #
    /// let launches = testing::capture();
    /// let handle = launches.handle();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         let _captured = handle.enter();
    ///         welcome("ada@example.com".into());
    ///     });
    /// });
    /// assert_eq!(launches.count(welcome), 1);
    /// ```
    pub fn enter(&self) -> Entered {
        Entered {
            guard: mode::enter(self.mode.clone()),
        }
    }

    /// Affects the launches of the calling thread for as long as it lives.
    pub fn attach(&self) {
        self.enter().guard.keep();
    }

    /// Affects the launches of a task, on all threads that poll it: for `tokio::spawn`, for example.
    ///
    /// It does not affect other tasks that this task spawns.
    ///
    /// # Examples
    ///
    /// ```
    /// # use fire_and_forget::{fire_and_forget, testing};
    /// #
    /// # #[fire_and_forget]
    /// # async fn webhook(event: u32) {
    /// #     println!("{event}");
    /// # }
    /// #
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), tokio::task::JoinError> {
    /// let launches = testing::capture();
    /// let request = launches.handle().wrap(async {
    ///     tokio::task::yield_now().await;
    ///     webhook(7);
    /// });
    /// tokio::spawn(request).await?;
    /// assert_eq!(launches.take(webhook), [(7,)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wrap<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let handle = self.clone();
        let mut future = Box::pin(future);
        poll_fn(move |context| {
            let _entered = handle.enter();
            future.as_mut().poll(context)
        })
    }
}

/// The guard of [`Handle::enter`]: until it is dropped, the launches of this thread are affected.
#[must_use = "launches are reached until this is dropped"]
#[derive(Debug)]
pub struct Entered {
    guard: Guard,
}
