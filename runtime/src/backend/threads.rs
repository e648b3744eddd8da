//! The backend that gives each launch a thread of its own.
//!
//! A [`Threads`] describes it in a `static`; its [`State`] is made by the first launch. A caller pushes its launch and
//! wakes the service thread, which takes launches out and creates a thread for each, up to the limit. A launch counts as
//! busy in the queue from then until its thread has ended, so what waits and what has a thread have one bound. Where the
//! system refuses even the service thread, the caller runs what is queued, unless its stack is smaller than the one that
//! was promised.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;

use super::thread_start::ThreadStart;
use super::{Backend, ByLauncher};
use crate::launch::rejected::Refusal;
use crate::queue::capacity::{self, Room};
use crate::queue::ring::{IDLE, Occupied, Ring, Vacant};
use crate::report::Loss;
use crate::service::service::{self, Background};
use crate::service::threads::{SpawnedThread, ThreadSet};
use crate::stop::{phase, waiting};
use crate::sync::process::{AtomicUsize, Instant, Mutex, OnceLock, thread};
use crate::sync::{get_or_make_large, lock};
use crate::task::task::Task;
use crate::thread::{nesting, thread_name};

/// One new thread per launch, named after this backend and the function; for work that blocks for long, or that needs a
/// stack or thread-locals of its own.
///
/// The caller never creates a thread: it puts the launch in a queue, and the crate's service thread creates the thread that
/// takes it. At [`max_threads`](Self::max_threads), or while the system refuses threads, launches wait in the queue.
///
/// The guide says [when to choose it](crate::guide::backends#which-one).
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Threads, fire_and_forget};
///
/// static DEEP: Threads = Threads::new("deep").stack_size(64 << 20).max_threads(4);
///
/// #[fire_and_forget(backend = DEEP)]
/// fn walk(depth: u32) {
///     println!("{depth} levels down");
/// }
///
/// walk(3);
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[derive(Debug)]
pub struct Threads {
    name: &'static str,
    /// None: the default of `std`.
    stack_size: Option<usize>,
    /// How many threads there may be at once.
    limit: usize,
    capacity: usize,
    start: ThreadStart,
    state: OnceLock<State>,
}

impl Threads {
    /// Describes a backend for a `static`; `name` is shown in reports and in the ledger.
    ///
    /// # Panics
    ///
    /// When `name` is empty; in a `static`, that is a compile error.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        assert!(!name.is_empty(), "the name of a `Threads` is empty");
        Self {
            name,
            stack_size: None,
            limit: 512,
            capacity: 16_384,
            start: ThreadStart::new(None),
            state: OnceLock::new(),
        }
    }

    /// Sets the stack of each thread, in bytes; by default that of [`std::thread`] (2 MiB). A caller with a smaller stack
    /// does not run a body in place: the launch is refused as [`StackTooSmall`](crate::Refusal::StackTooSmall).
    ///
    /// # Panics
    ///
    /// When `bytes` is zero; in a `static`, that is a compile error.
    #[must_use]
    pub const fn stack_size(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "`stack_size(0)`: a thread needs a stack");
        self.stack_size = Some(bytes);
        self
    }

    /// Sets how many threads there may be at once, counted until the destructors of their thread-locals have run; 512 by
    /// default. Further launches wait in the queue. So does a launch from such a destructor; at the limit, a destructor
    /// that waits for its launch waits for itself.
    ///
    /// # Panics
    ///
    /// When `threads` is zero or above 65,536; in a `static`, that is a compile error.
    #[must_use]
    pub const fn max_threads(mut self, threads: usize) -> Self {
        assert!(threads > 0, "`max_threads(0)`: no launch would ever run");
        assert!(threads <= 1 << 16, "`max_threads` is at most 65,536");
        self.limit = threads;
        self
    }

    /// Sets how many launches may wait while there are [`max_threads`](Self::max_threads) threads; 16,384 by default.
    /// Further launches are refused. After `queue(0)` a launch is accepted only if a thread may be created for it.
    ///
    /// # Panics
    ///
    /// When `capacity` is above 16,777,216; in a `static`, that is a compile error.
    #[must_use]
    pub const fn queue(mut self, capacity: usize) -> Self {
        assert!(capacity <= 1 << 24, "`queue` is at most 16,777,216");
        self.capacity = capacity;
        self
    }

    /// Calls a function on each thread before its body: for thread-locals, the priority of the thread, or the processors
    /// that it may run on.
    ///
    /// A body that its caller runs in place runs on the caller's thread, where the function was not called. A panic in the
    /// function is caught and noted on standard error, once for each backend; the body runs all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{Threads, fire_and_forget};
    ///
    /// fn prepare() {
    ///     println!("{:?} starts", std::thread::current().name());
    /// }
    ///
    /// static SCAN: Threads = Threads::new("scan").max_threads(4).on_thread_start(prepare);
    ///
    /// #[fire_and_forget(backend = SCAN)]
    /// fn scan(folder: String) {
    ///     println!("{folder}");
    /// }
    ///
    /// scan("/tmp".into());
    /// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
    /// # Ok::<(), fire_and_forget::Unfinished>(())
    /// ```
    #[must_use]
    pub const fn on_thread_start(mut self, function: fn()) -> Self {
        self.start = ThreadStart::new(Some(function));
        self
    }

    /// Makes a backend at run time that lives as long as the program and is never freed. [`Pool::leak`](crate::Pool::leak)
    /// has an example.
    #[must_use = "the reference is the only way to the threads"]
    pub fn leak(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// May a body run on this thread? A body that was promised a larger stack could overflow this one.
    fn fits_this_stack(&self) -> bool {
        self.stack_size
            .is_none_or(|bytes| bytes <= nesting::stack())
    }

    fn is_built_in(&self) -> bool {
        std::ptr::eq(self, built_in())
    }

    /// The started backend. None only to an allocator that launches while this thread makes one: see [`get_or_make_large`].
    #[inline]
    fn state(&'static self) -> Option<&'static State> {
        match self.state.get() {
            Some(state) => Some(state),
            None => self.describe(),
        }
    }

    /// Makes the part of the backend that a `const fn` cannot, and has the service thread maintain it.
    #[cold]
    fn describe(&'static self) -> Option<&'static State> {
        get_or_make_large(&self.state, || {
            service::register(self);
            State {
                queue: Ring::new(self.capacity + self.limit, ()),
                room: Room::new(),
                daemons: AtomicUsize::new(0),
                spawner: Mutex::new(Spawner {
                    threads: ThreadSet::new(),
                    stalled: None,
                    idle_since: None,
                }),
            }
        })
    }

    /// Runs what is queued on this thread: the system refuses every thread that could create another.
    #[cold]
    fn run_here(&'static self) {
        let Some(state) = self.state.get() else {
            return;
        };
        while nesting::may_run_in_place()
            && let Some(task) = state.take_as_busy()
        {
            if task.is_daemon() {
                state.daemons.fetch_sub(1, Ordering::SeqCst);
                task.refuse(Refusal::NoThread);
            } else if self.fits_this_stack() {
                task.run_in_place();
            } else {
                task.refuse(Refusal::StackTooSmall);
            }
            state.end_busy();
        }
    }

    /// Creates a thread for each queued launch, as far as the limit and the system allow. Returns when to go on.
    fn create_wanted(
        &'static self,
        state: &State,
        spawner: &mut Spawner,
        now: Instant,
    ) -> Option<Instant> {
        for _ in 0..ROUND {
            if let Some(until) = spawner.threads.backoff_until(now) {
                return Some(until);
            }
            if spawner.stalled.is_none() && state.queue.is_empty() {
                return state.idle(spawner, now);
            }
            if spawner.threads.is_full(self.limit, now) {
                return None;
            }
            spawner.idle_since = None;
            let task = spawner.stalled.take().or_else(|| state.take_as_busy())?;
            let created = self.create(&spawner.threads, task);
            spawner.stalled = spawner.threads.add(created, now).err();
            if spawner.threads.len() > MANY {
                // The next thread can have the stack of one that was joined.
                spawner.threads.join_finished(now);
            }
        }
        // Launches may come as fast as threads are created, and other backends have to have their turn.
        Some(now)
    }

    /// Creates a thread for the task. If the system refuses it, the task comes back.
    fn create(&'static self, threads: &ThreadSet, task: Task) -> Result<SpawnedThread, Task> {
        let name = if self.is_built_in() {
            thread_name::tail(task.function())
        } else {
            thread_name::of(self.name, task.function())
        };
        let mut builder = thread::Builder::new().name(name);
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let daemon = task.site().filter(|_| task.is_daemon());
        let spawned = threads.spawn_with(builder, task, move |task| {
            if let Some(bytes) = self.stack_size {
                nesting::has_stack(bytes);
            }
            self.start.call(self.name);
            task.run();
            if let Some(state) = self.state.get() {
                if daemon.is_some() {
                    state.daemons.fetch_sub(1, Ordering::SeqCst);
                }
                state.end_busy();
            }
        });
        match (spawned, daemon) {
            (Ok(thread), Some(site)) => Ok(thread.of_daemon(site)),
            (Ok(thread), None) => Ok(thread),
            (Err((task, error)), _) => {
                service::tell_refused(&error);
                Err(task)
            }
        }
    }
}

/// A panic leaves nothing half done: bodies are caught, and all state is behind atomics, and locks that bear a panic.
impl RefUnwindSafe for Threads {}
impl UnwindSafe for Threads {}

#[diagnostic::do_not_recommend]
impl Backend for Threads {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        let mut task = Some(task);
        self.offer(&mut task);
        task.map_or(Ok(()), Err)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn claim(&'static self, _: ByLauncher) -> Option<Vacant<'static, Task>> {
        self.state()?.queue.claim()
    }

    fn filled(&'static self) {
        if !service::wake_or_retry() {
            self.run_here();
        }
    }

    fn offer(&'static self, task: &mut Option<Task>) {
        let Some(state) = self.state() else {
            return;
        };
        let is_daemon = task.as_ref().is_some_and(Task::is_daemon);
        if is_daemon {
            state.daemons.fetch_add(1, Ordering::SeqCst);
        }
        if state.queue.push(task) {
            self.filled();
        } else if is_daemon {
            state.daemons.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn room(&'static self, _: ByLauncher) -> Option<&'static Room> {
        self.state().map(|state| &state.room)
    }

    fn refuses_in_place(&self, _: ByLauncher) -> Option<Refusal> {
        (!self.fits_this_stack()).then_some(Refusal::StackTooSmall)
    }
}

impl Background for Threads {
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        let state = self.state.get()?;
        let mut spawner = lock(&state.spawner);
        spawner.threads.join_finished(now);
        if phase::has_ended() {
            let stalled = spawner.stalled.take();
            let next = spawner.threads.sooner(None);
            drop(spawner);
            if let Some(lost) = stalled {
                lost.lose(Loss::Abandoned);
                state.end_busy();
            }
            while let Some(lost) = state.queue.pop() {
                lost.lose(Loss::Abandoned);
            }
            return next;
        }
        let next = self.create_wanted(state, &mut spawner, now);
        spawner.threads.sooner(next)
    }

    fn is_idle(&self) -> bool {
        self.state.get().is_none_or(State::is_idle)
    }

    fn has_threads(&self) -> bool {
        self.state
            .get()
            .is_some_and(|state| !lock(&state.spawner).threads.is_over())
    }
}

/// The backend behind `backend = "thread"`.
#[must_use]
pub fn built_in() -> &'static Threads {
    static THREADS: Threads = Threads::new("thread");
    &THREADS
}

#[derive(Debug)]
/// What the backend has once it is started.
struct State {
    queue: Ring<Task, ()>,
    room: Room,
    /// How many daemons are queued or running here.
    daemons: AtomicUsize,
    /// Locked by the service thread alone, except at the very end of a shutdown.
    spawner: Mutex<Spawner>,
}

impl State {
    /// Takes the oldest launch for a thread, which is busy until [`end_busy`](Self::end_busy).
    fn take_as_busy(&self) -> Option<Task> {
        self.queue.take_as_busy().map(Occupied::into_item)
    }

    /// Counts a thread as busy no longer, which makes room for one more launch.
    fn end_busy(&self) {
        self.queue.end_busy();
        self.room.freed();
        // A backend of the user's may have these threads behind it.
        capacity::freed();
        waiting::changed();
    }

    /// Is no launch queued, and no thread busy? Daemons keep their threads busy: with one here, it is enough that all
    /// launches that are waited for have ended.
    fn is_idle(&self) -> bool {
        self.daemons.load(Ordering::SeqCst) > 0 || self.queue.is_quiet()
    }

    /// Begins the queue at the front again, since it is empty, and gives its memory back when it has been empty for
    /// [`IDLE`]. Returns when that will be.
    fn idle(&self, spawner: &mut Spawner, now: Instant) -> Option<Instant> {
        let since = *spawner.idle_since.get_or_insert(now);
        self.queue.begin_anew();
        if !self.queue.keeps_much() {
            return None;
        }
        let trim_at = since.checked_add(IDLE).filter(|&trim_at| now < trim_at);
        if trim_at.is_none() {
            self.queue.trim();
        }
        trim_at
    }
}

#[derive(Debug)]
/// What the service thread knows of the backend's threads.
struct Spawner {
    threads: ThreadSet,
    /// A launch that has left the queue, and whose thread the system refused.
    stalled: Option<Task>,
    /// Since when the queue has been empty.
    idle_since: Option<Instant>,
}

/// How many threads are created before other backends have their turn.
const ROUND: usize = 32;

/// With more threads than this, those that have ended are joined after each new one.
const MANY: usize = 8;
