//! The trait of what runs launched bodies. Its public part is `submit` and `name`; the hidden methods are how the launch
//! path reaches the queue of a backend of this crate, and no code outside it can call those that need a `ByLauncher`.

use std::any::TypeId;
use std::sync::LazyLock;

use super::lane::Lane;
use crate::launch::rejected::Refusal;
use crate::queue::capacity::Room;
use crate::queue::ring::Vacant;
use crate::report::Loss;
use crate::task::task::Task;
use crate::thread::unwind;

/// Runs launched bodies. Implement it for a type of yours, and name a static of that type:
/// `#[fire_and_forget(backend = path::to::STATIC)]`.
///
/// The methods take `&'static self`, because a `const` in place of the static would be a new backend at every launch.
///
/// The guide has pages on [the backends of this crate](crate::guide::backends) and on [executors of
/// yours](crate::guide::executors).
///
/// # Examples
///
/// A backend that hands everything to one thread of its own:
///
/// ```
/// use std::sync::LazyLock;
/// use std::sync::mpsc::{self, TrySendError};
/// use fire_and_forget::{Backend, Task, fire_and_forget};
///
/// struct Worker(mpsc::SyncSender<Task>);
///
/// impl Backend for Worker {
///     fn submit(&'static self, task: Task) -> Result<(), Task> {
///         self.0.try_send(task).map_err(|error| match error {
///             TrySendError::Full(task) | TrySendError::Disconnected(task) => task,
///         })
///     }
///
///     fn name(&self) -> &str {
///         "worker"
///     }
/// }
///
/// static WORKER: LazyLock<Worker> = LazyLock::new(|| {
///     let (sender, tasks) = mpsc::sync_channel::<Task>(100);
///     std::thread::spawn(move || tasks.into_iter().for_each(Task::run));
///     Worker(sender)
/// });
///
/// #[fire_and_forget(backend = WORKER)]
/// fn greet(name: String) {
///     println!("hello, {name}");
/// }
///
/// greet("Ada".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backend",
    label = "this does not implement `Backend`",
    note = "declare a static, such as `static MAIL: Pool = Pool::new(\"mail\");`, and write `backend = MAIL`",
    note = "to launch on a type of your own, implement `fire_and_forget::Backend` for it"
)]
pub trait Backend: Sync + 'static {
    /// Takes a task: runs it once, on any thread, now or later; or drops it, which is reported.
    ///
    /// It is called on the caller's thread, and should return at once.
    ///
    /// # Errors
    ///
    /// A task comes back when there is no room for it. The launch is then refused, as its `on_full` says.
    fn submit(&'static self, task: Task) -> Result<(), Task>;

    /// The name shown in reports and in the ledger.
    fn name(&self) -> &str;

    /// Claims a slot for one task. The caller fills it at once, and then calls [`filled`](Self::filled): a slot that is not
    /// filled holds up all that comes behind it. None without room, and where a task can only be offered. Outside semantic
    /// versioning, and for the launch path alone.
    #[doc(hidden)]
    #[inline]
    fn claim(&'static self, _: ByLauncher) -> Option<Vacant<'static, Task>> {
        None
    }

    /// Notes that a claimed slot has been filled. Outside semantic versioning.
    #[doc(hidden)]
    #[inline]
    fn filled(&'static self) {}

    /// Where callers wait for room. None where that is unknown. Outside semantic versioning.
    #[doc(hidden)]
    fn room(&'static self, _: ByLauncher) -> Option<&'static Room> {
        None
    }

    /// The type of the backend, also behind a trait object. Outside semantic versioning.
    #[doc(hidden)]
    fn backend_type(&self, _: ByLauncher) -> TypeId {
        TypeId::of::<Self>()
    }

    /// The lane in which a launch from the caller's thread waits to be spawned, if this is an executor that has one.
    /// Outside semantic versioning.
    #[doc(hidden)]
    fn lane(&'static self, _: ByLauncher) -> Option<Lane> {
        None
    }

    /// Why a caller that finds no room cannot run the body in place. None if it can. Outside semantic versioning.
    #[doc(hidden)]
    fn refuses_in_place(&self, _: ByLauncher) -> Option<Refusal> {
        None
    }

    /// Hands a task to [`submit`](Self::submit), and bears a panic or another task in return; a refused task stays in
    /// `task`. Outside semantic versioning: the backends of this crate do neither, and leave the precautions out.
    #[doc(hidden)]
    #[inline]
    fn offer(&'static self, task: &mut Option<Task>) {
        offer_with_care(task, |task| self.submit(task));
    }
}

/// Proof that the launch path calls: no code outside this crate can make one.
#[derive(Debug, Clone, Copy)]
#[allow(unnameable_types, reason = "so that nobody else can ask for a place")]
pub struct ByLauncher(());

impl ByLauncher {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

/// Hands a task to code of the user's.
fn offer_with_care(offered: &mut Option<Task>, submit: impl FnOnce(Task) -> Result<(), Task>) {
    let Some(task) = offered.take() else {
        return;
    };
    let id = task.id();
    // A panic has dropped the task while it unwound, and that is reported.
    let Ok(Err(returned)) = unwind::catch(|| submit(task)) else {
        return;
    };
    if returned.id() == id {
        *offered = Some(returned);
    } else {
        // The backend took this launch and returned another one: to that one, this is an eviction.
        returned.lose(Loss::Evicted);
    }
}

/// A backend that is set up at its first launch, from configuration for example.
///
/// If its initializer panics, launches on it are lost and reported.
#[diagnostic::do_not_recommend]
impl<B: Backend + Send> Backend for LazyLock<B> {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        LazyLock::force(self).submit(task)
    }

    fn name(&self) -> &str {
        LazyLock::force(self).name()
    }

    #[inline]
    fn claim(&'static self, by: ByLauncher) -> Option<Vacant<'static, Task>> {
        // An initializer that panics does so again when the task is offered, and that is reported.
        unwind::catch(|| LazyLock::force(self)).ok()?.claim(by)
    }

    #[inline]
    fn filled(&'static self) {
        LazyLock::force(self).filled();
    }

    fn room(&'static self, by: ByLauncher) -> Option<&'static Room> {
        unwind::catch(|| LazyLock::force(self)).ok()?.room(by)
    }

    fn lane(&'static self, by: ByLauncher) -> Option<Lane> {
        unwind::catch(|| LazyLock::force(self)).ok()?.lane(by)
    }

    fn refuses_in_place(&self, by: ByLauncher) -> Option<Refusal> {
        unwind::catch(|| LazyLock::force(self))
            .ok()?
            .refuses_in_place(by)
    }
}

/// A static that refers to a backend elsewhere.
#[diagnostic::do_not_recommend]
impl<B: Backend + ?Sized> Backend for &'static B {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        (**self).submit(task)
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    #[inline]
    fn claim(&'static self, by: ByLauncher) -> Option<Vacant<'static, Task>> {
        (**self).claim(by)
    }

    #[inline]
    fn filled(&'static self) {
        (**self).filled();
    }

    fn room(&'static self, by: ByLauncher) -> Option<&'static Room> {
        (**self).room(by)
    }

    fn lane(&'static self, by: ByLauncher) -> Option<Lane> {
        (**self).lane(by)
    }

    fn refuses_in_place(&self, by: ByLauncher) -> Option<Refusal> {
        (**self).refuses_in_place(by)
    }

    #[inline]
    fn offer(&'static self, task: &mut Option<Task>) {
        (**self).offer(task);
    }
}

/// Makes the compiler underline a path that is no backend. A bound instead would add a note on where the bound stands.
#[must_use]
pub fn backend<B: ?Sized>(backend: &'static B, _: &dyn Backend) -> &'static B {
    backend
}
