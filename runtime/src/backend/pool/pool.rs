//! The bounded pool of worker threads: the public type, and how a pool is connected to launches and the service thread.
//!
//! A [`Pool`] describes a pool in a `static`; its [`Shared`] part is made by the first launch. The service thread creates
//! and joins the pool's threads, and abandons what is queued at the end of a shutdown.

use std::num::NonZeroUsize;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::shared::Shared;
use crate::account::site::Site;
use crate::backend::thread_start::ThreadStart;
use crate::backend::{Backend, ByLauncher};
use crate::queue::capacity::Room;
use crate::queue::ring::Vacant;
use crate::report::Loss;
use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::stop::wait::{self, Scope, Unfinished, Wait, WhyUnfinished};
use crate::sync::process::{Instant, OnceLock};
use crate::sync::{get_or_make_large, lock};
use crate::task::task::Task;

/// A fixed number of threads that take launches from a bounded queue, first in, first out.
///
/// A pool is described in a `static`, and starts with its first launch or with [`start`](Self::start). Threads are created
/// on demand, off the caller's path, and retire when they have been idle for [`keep_alive`](Self::keep_alive).
///
/// A `const` in place of the `static` would be a new pool at every use; the compiler refuses it with "temporary value
/// dropped while borrowed" (E0716).
///
/// A pool of one thread keeps the order of the launches. Only a body that its caller runs in place overtakes: with
/// `on_full = "caller_runs"`, and with `"block"` where the caller is itself a launched body, which never waits.
///
/// The guide says [when to have one, and with how many threads](crate::guide::backends), and [how large a queue should
/// be](crate::guide::overload#how-large-should-a-queue-be).
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Pool, fire_and_forget};
///
/// static MAIL: Pool = Pool::new("mail").threads(4).queue(1024);
///
/// #[fire_and_forget(backend = MAIL)]
/// fn welcome(to: String) {
///     println!("welcome, {to}");
/// }
///
/// welcome("ada@example.com".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
///
/// A pool that is sized from configuration sits in a [`LazyLock`](std::sync::LazyLock):
///
/// ```
/// use std::sync::LazyLock;
/// use fire_and_forget::{Pool, fire_and_forget};
///
/// static MAIL: LazyLock<Pool> = LazyLock::new(|| {
///     let threads = std::env::var("MAIL_THREADS").ok();
///     let threads = threads.and_then(|text| text.parse().ok()).unwrap_or(4);
///     Pool::new("mail").threads(threads.clamp(1, 1000))
/// });
///
/// #[fire_and_forget(backend = MAIL)]
/// fn welcome(to: String) {
///     println!("welcome, {to}");
/// }
/// # welcome("ada@example.com".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[derive(Debug)]
pub struct Pool {
    pub(super) name: &'static str,
    /// None: as many as the machine can run in parallel, at least 4.
    pub(super) threads: Option<NonZeroUsize>,
    pub(super) capacity: usize,
    pub(super) keep_alive: Duration,
    drops_oldest: bool,
    /// Set if its threads drop what they take, as lost, and run nothing.
    pub(super) loses: Option<Loss>,
    pub(super) start: ThreadStart,
    state: OnceLock<Shared>,
}

impl Pool {
    /// Describes a pool for a `static`; `name` is shown in reports, in the ledger, and as the name of its threads.
    ///
    /// # Panics
    ///
    /// When `name` is empty; in a `static`, that is a compile error.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        assert!(!name.is_empty(), "the name of a `Pool` is empty");
        Self {
            name,
            threads: None,
            capacity: 16_384,
            keep_alive: Duration::from_secs(10),
            drops_oldest: false,
            loses: None,
            start: ThreadStart::new(None),
            state: OnceLock::new(),
        }
    }

    /// Sets how many threads may run at once; by default as many as the machine can run in parallel, from 4 to 512. A
    /// thread that retires is no longer counted while the destructors of its thread-locals run.
    ///
    /// # Panics
    ///
    /// When `threads` is zero or above 65,536; in a `static`, that is a compile error.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        assert!(threads > 0, "`threads(0)`: no launch would ever run");
        assert!(threads <= MAX_THREADS, "`threads` is at most 65,536");
        self.threads = NonZeroUsize::new(threads);
        self
    }

    /// Sets how many launches may wait while every thread is busy; 16,384 by default. Further launches are refused, as
    /// their `on_full` says.
    ///
    /// A thread that is idle, or that may still be created, is room for one more. So after `queue(0)` a launch is accepted
    /// only if an idle or a new thread can take it.
    ///
    /// The first launch reserves the memory of the queue, and launches fill it bit by bit: see [the
    /// guide](crate::guide::overload#memory). If the system refuses that memory, the process aborts.
    ///
    /// # Panics
    ///
    /// When `capacity` is above 16,777,216, and when it is zero with [`drop_oldest`](Self::drop_oldest); in a `static`,
    /// that is a compile error.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// /// Four at once, and no fifth that waits.
    /// static CONVERT: Pool = Pool::new("convert").threads(4).queue(0);
    ///
    /// #[fire_and_forget(backend = CONVERT, on_full = "reject")]
    /// fn convert(video: String) {
    ///     println!("{video}");
    /// }
    ///
    /// if let Err(rejected) = convert("cat.mp4".into()) {
    ///     println!("try again later: {rejected}");
    /// }
    /// ```
    #[must_use]
    pub const fn queue(mut self, capacity: usize) -> Self {
        assert!(capacity <= 1 << 24, "`queue` is at most 16,777,216");
        self.capacity = capacity;
        self.checked()
    }

    /// Sets how long an idle thread stays; 10 seconds by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use fire_and_forget::Pool;
    ///
    /// /// Its threads stay, so only the first burst waits for them.
    /// static MAIL: Pool = Pool::new("mail").threads(4).keep_alive(Duration::MAX);
    ///
    /// MAIL.start();
    /// ```
    #[must_use]
    pub const fn keep_alive(mut self, duration: Duration) -> Self {
        self.keep_alive = duration;
        self
    }

    /// Makes a full pool drop its oldest launch, which is reported as [`Loss::Evicted`], instead of refusing the new one:
    /// for work where only the latest counts. So no launch is refused as [`Full`](crate::Refusal::Full), except where the
    /// system refuses threads and callers run what is queued. This is one of several [policies](crate::guide::overload).
    ///
    /// A separate thread drops the arguments. While 1,024 evicted launches of the process wait for it, because destructors
    /// take long, callers drop further ones themselves.
    ///
    /// # Panics
    ///
    /// When the pool has [`queue(0)`](Self::queue); in a `static`, that is a compile error.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// static SCREEN: Pool = Pool::new("screen").threads(1).queue(1).drop_oldest();
    ///
    /// #[fire_and_forget(backend = SCREEN)]
    /// fn draw(frame: u64) {
    ///     println!("frame {frame}");
    /// }
    ///
    /// for frame in 0..1000 {
    ///     draw(frame); // if the screen is slow, frames are lost, but never the last one
    /// }
    /// ```
    #[must_use]
    pub const fn drop_oldest(mut self) -> Self {
        self.drops_oldest = true;
        self.checked()
    }

    /// Calls a function on each new thread before its first body: for thread-locals, the priority of the thread, or the
    /// processors that it may run on.
    ///
    /// One thread starts at a time, so a function that takes long delays the threads after it; launches wait in the queue
    /// meanwhile. A body that its caller runs in place runs on the caller's thread, where the function was not called. A
    /// panic in the function is caught and noted on standard error, once for each pool; the thread then runs launches
    /// without it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// thread_local! {
    ///     static IS_RENDERER: Cell<bool> = const { Cell::new(false) };
    /// }
    ///
    /// static RENDER: Pool = Pool::new("render").threads(2).on_thread_start(|| {
    ///     IS_RENDERER.set(true);
    ///     // or a call of the system: `libc::nice(10)`, for example
    /// });
    ///
    /// #[fire_and_forget(backend = RENDER)]
    /// fn render(page: u32) {
    ///     assert!(IS_RENDERER.get());
    ///     println!("page {page}");
    /// }
    ///
    /// render(1);
    /// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
    /// # assert_eq!(fire_and_forget::ledger().total().ok, 1);
    /// # Ok::<(), fire_and_forget::Unfinished>(())
    /// ```
    #[must_use]
    pub const fn on_thread_start(mut self, function: fn()) -> Self {
        self.start = ThreadStart::new(Some(function));
        self
    }

    pub(super) const fn losing(mut self, loss: Loss) -> Self {
        self.loses = Some(loss);
        self
    }

    const fn checked(self) -> Self {
        assert!(
            self.capacity > 0 || !self.drops_oldest,
            "`queue(0)` with `drop_oldest()`: there is no oldest launch to drop"
        );
        self
    }

    /// Makes a pool at run time that lives as long as the program: one for each tenant, for example.
    ///
    /// A leaked pool is never freed, so make only as many as the program will ever need. An idle pool has no threads; the
    /// guide says [what it takes of memory](crate::guide::backends#one-pool-per-tenant).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// struct Tenant {
    ///     name: String,
    ///     pool: &'static Pool,
    /// }
    ///
    /// impl Tenant {
    ///     fn new(name: &str) -> Arc<Self> {
    ///         Arc::new(Self {
    ///             name: name.to_owned(),
    ///             pool: Pool::new("tenant").threads(2).queue(256).leak(),
    ///         })
    ///     }
    ///
    ///     #[fire_and_forget(backend = self.pool)]
    ///     fn index(self: Arc<Self>, page: String) {
    ///         println!("{}: {page}", self.name);
    ///     }
    /// }
    ///
    /// Tenant::new("ada").index("one".into());
    /// Tenant::new("bob").index("one".into());
    /// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
    /// # Ok::<(), fire_and_forget::Unfinished>(())
    /// ```
    #[must_use = "the reference is the only way to the pool"]
    pub fn leak(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// Starts the pool and its first thread, so that the first launch does not pay for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// static AUDIT: Pool = Pool::new("audit").threads(1);
    ///
    /// #[fire_and_forget(backend = AUDIT)]
    /// fn audit(line: String) {
    ///     println!("{line}");
    /// }
    ///
    /// AUDIT.start(); // while the program starts
    /// audit("Ada logged in".into()); // while a request waits
    /// ```
    pub fn start(&'static self) {
        if let Some(state) = self.state()
            && state.core.live() == 0
        {
            state.core.notify_if_needed(state);
        }
    }

    /// Waits until no launch on this pool is queued or running, whatever goes on elsewhere. See [`flush`](crate::flush). A
    /// launch that was evicted is no longer on the pool, although it may not have been dropped and reported yet.
    ///
    /// # Errors
    ///
    /// The wait fails with [`Unfinished`](crate::Unfinished) when `timeout` passes first. It fails at once inside a
    /// launched body, inside other code that a launch [waits for](crate::WhyUnfinished::InsideBody), and in a
    /// [fork](crate#forks-and-libraries).
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`Wait`] stops the waiting and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use fire_and_forget::{Pool, fire_and_forget};
    ///
    /// static INDEX: Pool = Pool::new("index");
    ///
    /// #[fire_and_forget(backend = INDEX)]
    /// fn index(page: String) {
    ///     println!("{page}");
    /// }
    ///
    /// for page in ["one", "two"] {
    ///     index(page.into());
    /// }
    /// INDEX.flush(Duration::from_secs(5)).wait()?;
    /// println!("all pages are in the index");
    /// # Ok::<(), fire_and_forget::Unfinished>(())
    /// ```
    pub fn flush(&'static self, timeout: Duration) -> Wait {
        wait::begin(self, timeout)
    }

    /// Runs what is queued, on this thread.
    #[cfg(feature = "durable")]
    pub(crate) fn drain(&'static self) {
        if let Some(state) = self.state.get() {
            while state.run_one() {}
        }
    }

    /// Does a caller wait for room?
    #[cfg(all(test, fire_and_forget_shuttle))]
    pub(crate) fn is_awaited(&self) -> bool {
        self.state
            .get()
            .is_some_and(|state| state.room.is_awaited())
    }

    /// Are launches of this function on this pool? None where only a backend of the user's knows.
    fn has(&self, site: &Site) -> Option<bool> {
        match self.state.get() {
            Some(state) => site.is_in(&state.room),
            None => Some(false),
        }
    }

    /// Was there a moment when no launch was on the pool?
    pub(crate) fn is_quiet(&self) -> bool {
        self.state.get().is_none_or(|state| state.core.is_quiet())
    }

    /// The started pool. None only to an allocator that launches while this thread makes one: see [`get_or_make_large`].
    #[inline]
    fn state(&'static self) -> Option<&'static Shared> {
        match self.state.get() {
            Some(state) => Some(state),
            None => self.describe(),
        }
    }

    /// Makes the part of the pool that a `const fn` cannot, and has the service thread maintain it.
    #[cold]
    fn describe(&'static self) -> Option<&'static Shared> {
        get_or_make_large(&self.state, || {
            service::register(self);
            Shared::new(self)
        })
    }
}

impl Scope for Pool {
    fn is_quiet(&self, _: &dyn Fn() -> bool) -> bool {
        Self::is_quiet(self)
    }

    fn unfinished(&self, reason: WhyUnfinished) -> Unfinished {
        let known = Unfinished::now_of(reason, |site| self.has(site) == Some(true));
        if known.entries().is_empty() {
            Unfinished::now_of(reason, |site| self.has(site).is_none())
        } else {
            known
        }
    }
}

/// A panic leaves nothing half done: bodies are caught, and all state is behind atomics, and locks that bear a panic.
impl RefUnwindSafe for Pool {}
impl UnwindSafe for Pool {}

#[diagnostic::do_not_recommend]
impl Backend for Pool {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        let mut task = Some(task);
        self.offer(&mut task);
        task.map_or(Ok(()), Err)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn claim(&'static self, _: ByLauncher) -> Option<Vacant<'static, Task>> {
        let state = self.state()?;
        state.core.claim(state)
    }

    fn filled(&'static self) {
        if let Some(state) = self.state.get() {
            state.core.notify_if_needed(state);
        }
        abandon_at_the_end();
    }

    fn offer(&'static self, task: &mut Option<Task>) {
        let Some(state) = self.state() else {
            return;
        };
        if let Some(daemon) = task.as_mut().filter(|task| task.is_daemon()) {
            // A daemon would keep a thread that others share.
            return daemon.has_no_thread();
        }
        if self.drops_oldest {
            state.push_for_sure(task);
        } else {
            state.core.push(task, state);
        }
        abandon_at_the_end();
    }

    fn room(&'static self, _: ByLauncher) -> Option<&'static Room> {
        self.state().map(|state| &state.room)
    }
}

/// Called after a push: at the end of a shutdown the last worker may be gone, and the service thread abandons what was
/// pushed.
#[inline]
fn abandon_at_the_end() {
    if phase::has_ended() {
        service::wake();
    }
}

impl Background for Pool {
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        let state = self.state.get()?;
        let mut spawner = lock(&state.spawner);
        spawner.threads.join_finished(now);
        if phase::has_ended() {
            let next = spawner.threads.sooner(None);
            drop(spawner);
            // No thread will be created any more: the one that was asked for is counted out, and none is asked for again.
            if state.is_spawning.swap(false, Ordering::SeqCst) {
                state.core.pause_spawning(state);
            }
            while state.run_one() {}
            // One parked worker leaves, and unparks the next.
            state.core.unpark_if_idle(state);
            return next;
        }
        if let Some(until) = spawner.threads.backoff_until(now) {
            return spawner.threads.sooner(Some(until));
        }
        if spawner.is_spawn_paused {
            spawner.is_spawn_paused = false;
            state.core.resume_spawning(state);
        }
        // A thread that starts may ask for the next one meanwhile.
        while state.is_spawning.swap(false, Ordering::SeqCst) {
            let created = state.create(&spawner.threads);
            if let Err(error) = spawner.threads.add(created, now) {
                service::tell_refused(&error);
                spawner.is_spawn_paused = true;
                state.core.pause_spawning(state);
            }
        }
        spawner.threads.sooner(spawner.threads.backoff_until(now))
    }

    fn is_idle(&self) -> bool {
        self.is_quiet()
    }

    fn has_threads(&self) -> bool {
        self.state
            .get()
            .is_some_and(|state| !lock(&state.spawner).threads.is_over())
    }
}

/// More than a system gives to a process.
pub(super) const MAX_THREADS: usize = 1 << 16;
