//! The trait of backends that run futures as tasks.

use std::sync::LazyLock;

use super::lane::Runtime;
use crate::backend::Backend;
use crate::thread::unwind;

/// A [`Backend`] that runs an `async fn` as a task, with many of them on a thread.
///
/// With `#[fire_and_forget(backend = path::to::STATIC)]` an `async fn` is spawned if the static is an executor, and its
/// future has to be [`Send`]. On any other backend a thread blocks on the future, which need not be `Send`. A `fn` is
/// [submitted](Backend::submit): a body that takes long should not hold up tasks, so run it where the executor runs
/// blocking code.
///
/// Executors have no bound of their own. So each `async fn` may have 16,384 launches in flight here, as on `"tokio"`,
/// unless its `max_in_flight` says otherwise; further ones are refused as [`MaxInFlight`](crate::Refusal::MaxInFlight).
///
/// # Examples
///
/// An executor made with tokio, which `"tokio"` spares you; the [guide](crate::guide::executors) has one for smol. The
/// queue of `spawn_blocking` has no bound, so a `fn` on this executor should have a `max_in_flight`.
///
/// ```
/// use std::sync::LazyLock;
/// use fire_and_forget::{Backend, Executor, Task, fire_and_forget};
/// use tokio::runtime::Runtime;
///
/// /// A runtime apart from that of the requests.
/// struct Background(Runtime);
///
/// impl Backend for Background {
///     fn submit(&'static self, task: Task) -> Result<(), Task> {
///         self.0.spawn_blocking(|| task.run());
///         Ok(())
///     }
///
///     fn name(&self) -> &str {
///         "background"
///     }
/// }
///
/// impl Executor for Background {
///     fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
///         self.0.spawn(future);
///     }
/// }
///
/// static BACKGROUND: LazyLock<Background> =
///     LazyLock::new(|| Background(Runtime::new().expect("threads can be started")));
///
/// #[fire_and_forget(backend = BACKGROUND)]
/// async fn greet(name: String) {
///     tokio::task::yield_now().await;
///     println!("hello, {name}");
/// }
///
/// greet("Ada".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
pub trait Executor: Backend {
    /// Takes a future: polls it until it is ready, on any threads; or drops it, which is reported.
    ///
    /// It is called on the caller's thread, and should return at once. Polling the future never panics.
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static);

    /// Hands a future to [`spawn`](Self::spawn), and bears a panic. Outside semantic versioning: `"tokio"` does not panic,
    /// and leaves the precaution out; and it spawns on the given runtime, which spares asking for it.
    #[doc(hidden)]
    #[inline]
    fn take_on(
        &'static self,
        future: impl Future<Output = ()> + Send + 'static,
        _: Option<&Runtime>,
    ) {
        // A panic has dropped the future while it unwound, and that is reported.
        drop(unwind::catch(|| self.spawn(future)));
    }
}

/// An executor that is set up at its first launch.
#[diagnostic::do_not_recommend]
impl<E: Executor + Send> Executor for LazyLock<E> {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        LazyLock::force(self).spawn(future);
    }
}

/// A static that refers to an executor elsewhere.
#[diagnostic::do_not_recommend]
impl<E: Executor> Executor for &'static E {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        (**self).spawn(future);
    }

    #[inline]
    fn take_on(
        &'static self,
        future: impl Future<Output = ()> + Send + 'static,
        runtime: Option<&Runtime>,
    ) {
        (**self).take_on(future, runtime);
    }
}
