//! Waiting for quiet: the handle, its failure, and who completes it.

use std::error::Error;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::backend::Pool;
use crate::ledger::Entry;
use crate::sync::lock;
use crate::sync::process::{AtomicUsize, Condvar, Instant, Mutex, MutexGuard, Once, thread};
use crate::{body, service, shutdown, site, unwind};

/// The progress of a [`flush`](crate::flush) or a [`shutdown`](crate::shutdown): block on it, or `.await` it on
/// any executor.
///
/// The action began when the function was called; this only waits for it.
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
#[must_use = "call `.wait()`, or `.await` it: it says what is unfinished"]
pub struct Wait {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Done(Result<(), Unfinished>),
    Pending(Pending),
}

impl Wait {
    /// Blocks until everything has ended, or the timeout has passed.
    ///
    /// # Errors
    ///
    /// When something is unfinished at the deadline. At once when called inside a launched body, which would wait
    /// for itself, or inside what else a launch [waits for](WhyUnfinished::InsideBody); or on a current-thread tokio
    /// runtime, which could not progress meanwhile: `.await` there.
    pub fn wait(self) -> Result<(), Unfinished> {
        match &self.inner {
            // Inside a body, `.await` would not help either.
            Inner::Pending(pending)
                if !body::is_waited_for() && would_stop_a_runtime() && !pending.is_done() =>
            {
                Err(Unfinished::on_a_current_thread_runtime())
            }
            _ => self.block(),
        }
    }

    /// Blocks on any thread.
    pub(crate) fn block(self) -> Result<(), Unfinished> {
        match self.inner {
            Inner::Done(result) => result,
            Inner::Pending(pending) if body::is_waited_for() && !pending.is_done() => {
                Err(Unfinished::inside_a_body())
            }
            Inner::Pending(pending) => pending.block(),
        }
    }

    /// Is the result known, so that nothing has to be waited for?
    pub(crate) fn is_over(&self) -> bool {
        match &self.inner {
            Inner::Done(_) => true,
            Inner::Pending(pending) => pending.is_done(),
        }
    }

    pub(crate) fn failed(unfinished: Unfinished) -> Self {
        Self {
            inner: Inner::Done(Err(unfinished)),
        }
    }

    pub(crate) fn on(pending: &Pending) -> Self {
        Self {
            inner: Inner::Pending(pending.clone()),
        }
    }
}

impl Future for Wait {
    type Output = Result<(), Unfinished>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.inner {
            Inner::Done(result) => Poll::Ready(result.clone()),
            Inner::Pending(pending) if body::is_waited_for() && !pending.is_done() => {
                Poll::Ready(Err(Unfinished::inside_a_body()))
            }
            Inner::Pending(pending) => pending.poll(cx),
        }
    }
}

/// What had not ended when a wait gave up: see [`flush`](crate::flush) and [`shutdown`](crate::shutdown).
///
/// Its `Display` is one line that says why, and names the functions. Its `Debug` is the same line, so that it reads
/// well where `main` returns it, and after `unwrap`. What becomes of what is left: see
/// [the guide](crate::guide::stopping#what-a-deadline-does).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::{WhyUnfinished, fire_and_forget};
///
/// #[fire_and_forget(name = "export")]
/// fn export(stop: std::sync::mpsc::Receiver<()>) {
///     let _ = stop.recv();
/// }
///
/// let (stop, stopped) = std::sync::mpsc::channel();
/// export(stopped);
///
/// let unfinished = fire_and_forget::flush(Duration::from_millis(10)).wait().unwrap_err();
/// assert_eq!(unfinished.reason(), WhyUnfinished::Deadline);
/// assert_eq!(
///     unfinished.to_string(),
///     "the deadline has passed; unfinished: `export` (1 in flight)"
/// );
/// for entry in unfinished.entries() {
///     println!("{} is written at {}", entry.function(), entry.defined_at());
/// }
/// # drop(stop);
/// ```
#[derive(Clone)]
pub struct Unfinished {
    entries: Arc<[Entry]>,
    reason: WhyUnfinished,
}

impl Unfinished {
    /// Why the wait gave up.
    #[must_use]
    pub fn reason(&self) -> WhyUnfinished {
        self.reason
    }

    /// The functions with launches in flight, as they were when the wait gave up.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn at_deadline() -> Self {
        Self::now(WhyUnfinished::Deadline)
    }

    pub(crate) fn inside_a_body() -> Self {
        Self::now(WhyUnfinished::InsideBody)
    }

    pub(crate) fn on_a_current_thread_runtime() -> Self {
        Self::now(WhyUnfinished::CurrentThreadRuntime)
    }

    fn now(reason: WhyUnfinished) -> Self {
        let entries = site::all()
            .map(site::Site::entry)
            .filter(|entry| entry.counts().in_flight() > 0)
            .collect();
        Self { entries, reason }
    }

    /// What is left, to be appended to a line.
    pub(crate) fn names(&self) -> impl fmt::Display {
        Names(&self.entries)
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.reason, self.names())
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Unfinished {}

struct Names<'a>(&'a [Entry]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "; unfinished: ";
        for entry in self.0 {
            write!(
                f,
                "{separator}`{}` ({} in flight)",
                entry.function(),
                entry.counts().in_flight()
            )?;
            separator = ", ";
        }
        Ok(())
    }
}

/// Why a [`Wait`] gave up: see [`Unfinished::reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhyUnfinished {
    /// The timeout passed first.
    Deadline,
    /// It was called, or waited for, inside a launched body, which would have waited for itself; or inside other code that
    /// a launch waits for: a destructor of its arguments, an observer, an error handler, a destructor of a thread-local
    /// of a worker.
    InsideBody,
    /// This process was [forked](crate#forks-and-libraries) from one that had launched, which alone can finish it.
    Forked,
    /// [`Wait::wait`] was called on the thread of a current-thread tokio runtime, whose tasks would have stopped.
    CurrentThreadRuntime,
}

impl fmt::Display for WhyUnfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "the deadline has passed",
            Self::InsideBody => {
                "waiting inside a launched body would wait for that body: call it from outside"
            }
            Self::Forked => {
                "this process was forked from the one in which the launches are in flight"
            }
            Self::CurrentThreadRuntime => {
                "blocking the thread of a current-thread tokio runtime would stop its tasks: \
                 use `.await` in place of `.wait()`"
            }
        })
    }
}

/// What a wait waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    All,
    Pool(&'static Pool),
    /// Everything, and then the end of the threads.
    Shutdown,
}

/// Would blocking this thread stop the tasks of a tokio runtime?
pub(crate) fn would_stop_a_runtime() -> bool {
    #[cfg(feature = "tokio")]
    return crate::backend::tokio::is_current_thread_runtime();
    #[cfg(not(feature = "tokio"))]
    return false;
}

/// Starts to wait for `scope`, unless this thread is what would be waited for.
pub(crate) fn begin(scope: Scope, timeout: Duration) -> Wait {
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
pub(crate) fn in_a_fork(scope: Scope) -> Option<Wait> {
    let result = scope.in_a_fork()?;
    Some(Wait {
        inner: Inner::Done(result),
    })
}

/// Hands a wait to the service thread, which completes it.
pub(crate) fn enter(pending: &Pending) {
    // Where nothing has been launched, there is nothing to wait for, and no need for the service thread.
    if !service::is_running() {
        pending.advance(Instant::now());
    }
    if pending.is_over() {
        return;
    }
    WAITING.fetch_add(1, Ordering::SeqCst);
    waits().push(pending.clone());
    service::wake();
}

/// A launch ended: if somebody waits, the service thread looks whether all is quiet.
///
/// `SeqCst` pairs with the increment in [`enter`]: either this thread sees the wait, or the wait sees the end.
#[inline]
pub(crate) fn changed() {
    if WAITING.load(Ordering::SeqCst) != 0 {
        service::wake();
    }
}

/// Completes the waits that are over; returns the next deadline. Called by the service thread.
pub(crate) fn tend(now: Instant) -> Option<Instant> {
    let pending = waits().clone();
    for pending in &pending {
        pending.advance(now);
    }
    // Before the handles are counted: a wait that was entered meanwhile is in the list, and not in the copy.
    drop(pending);
    let mut waits = waits();
    let over: Vec<_> = waits
        .extract_if(.., |pending| pending.is_over() || pending.is_forgotten())
        .collect();
    WAITING.fetch_sub(over.len(), Ordering::SeqCst);
    let next = waits
        .iter()
        .filter_map(|pending| pending.shared.deadline)
        .min();
    drop(waits);
    // Off the lock, and with it wakers of somebody's executor.
    let _ = unwind::catch(|| drop(over));
    next
}

/// Has everything ended that was launched?
///
/// All ends are read before all launches: if the sums are equal, there was a moment between the two when nothing
/// was in flight on any backend.
pub(crate) fn is_quiet() -> bool {
    let ended: u64 = site::all().map(|site| site.counts().ended()).sum();
    let launched: u64 = site::all().map(site::Site::launched).sum();
    ended == launched
}

/// A wait that may still be going on, shared by those who wait and the service thread.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    scope: Scope,
    /// None: the timeout is beyond what the clock can count.
    deadline: Option<Instant>,
    progress: Mutex<Progress>,
    done: Condvar,
}

#[derive(Debug)]
enum Progress {
    Waiting(Vec<Waker>),
    Done(Result<(), Unfinished>),
}

impl Pending {
    pub(crate) fn new(scope: Scope, timeout: Duration) -> Self {
        Self {
            shared: Arc::new(Shared {
                scope,
                deadline: Instant::now().checked_add(timeout),
                progress: Mutex::new(Progress::Waiting(Vec::new())),
                done: Condvar::new(),
            }),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.shared.progress)
    }

    fn is_done(&self) -> bool {
        matches!(*self.progress(), Progress::Done(_))
    }

    /// Is there nothing more to do? A shutdown whose deadline another thread has kept is still to be ended.
    fn is_over(&self) -> bool {
        let is_ended = match self.shared.scope {
            Scope::Shutdown => shutdown::has_ended(),
            Scope::All | Scope::Pool(_) => true,
        };
        is_ended && self.is_done()
    }

    /// Has the caller dropped its handle? A shutdown is held by its static, and goes on.
    fn is_forgotten(&self) -> bool {
        // The one that is left is in the list of waits.
        Arc::strong_count(&self.shared) <= 1
    }

    fn is_late(&self, now: Instant) -> bool {
        self.shared.deadline.is_some_and(|deadline| deadline <= now)
    }

    fn advance(&self, now: Instant) {
        if self.is_over() {
            return;
        }
        let result = match self.shared.scope {
            Scope::Shutdown => shutdown::advance(now, self.shared.deadline),
            Scope::All if is_quiet() => Some(Ok(())),
            Scope::Pool(pool) if pool.is_quiet() => Some(Ok(())),
            scope if self.is_late(now) => Some(Err(scope.unfinished(WhyUnfinished::Deadline))),
            _ => None,
        };
        if let Some(result) = result {
            self.complete(result);
        }
    }

    fn complete(&self, result: Result<(), Unfinished>) {
        let mut progress = self.progress();
        let Progress::Waiting(wakers) = &mut *progress else {
            return;
        };
        let wakers = mem::take(wakers);
        *progress = Progress::Done(result);
        drop(progress);
        self.shared.done.notify_all();
        for waker in wakers {
            // Code of somebody's executor: a panic in it must not end the service thread.
            let _ = unwind::catch(|| waker.wake());
        }
    }

    /// Keeps the deadline even if the service thread cannot be started, or is held up.
    fn block(&self) -> Result<(), Unfinished> {
        if let Some(result) = self.shared.scope.in_a_fork() {
            return result;
        }
        let mut progress = self.progress();
        loop {
            if let Progress::Done(result) = &*progress {
                return result.clone();
            }
            let now = Instant::now();
            let patience = self
                .shared
                .deadline
                .map(|deadline| (deadline + GRACE).saturating_duration_since(now));
            if patience == Some(Duration::ZERO) {
                return Err(self.shared.scope.unfinished(WhyUnfinished::Deadline));
            }
            drop(progress);
            let nap = if service::wake() {
                patience.unwrap_or(Duration::MAX)
            } else {
                // The system refuses the service thread: whoever waits does what it would do for this wait.
                self.advance(now);
                patience.map_or(RETRY, |patience| patience.min(RETRY))
            };
            progress = self.progress();
            if matches!(*progress, Progress::Waiting(_)) {
                progress = self
                    .shared
                    .done
                    .wait_timeout(progress, nap)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<(), Unfinished>> {
        if let Some(result) = self.shared.scope.in_a_fork() {
            return Poll::Ready(result);
        }
        // Before the lock is taken: it is code of somebody's executor.
        let waker = cx.waker().clone();
        match &mut *self.progress() {
            Progress::Done(result) => return Poll::Ready(result.clone()),
            Progress::Waiting(wakers) => {
                if !wakers.iter().any(|known| known.will_wake(&waker)) {
                    wakers.push(waker);
                }
            }
        }
        if let Scope::Shutdown = self.shared.scope {
            self.keep_deadline();
        }
        if !service::wake() {
            // The system refuses the service thread: this task does what it would do for this wait, and keeps asking.
            self.advance(Instant::now());
            if let Progress::Done(result) = &*self.progress() {
                return Poll::Ready(result.clone());
            }
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Has a thread keep the deadline of a shutdown that nobody blocks on, once: the service thread may be held up by
    /// destructors of what it drops.
    fn keep_deadline(&self) {
        static KEPT: Once = Once::new();
        KEPT.call_once(|| {
            let pending = self.clone();
            let keep = move || pending.complete(pending.block());
            // Where the system refuses it, the service thread is all there is.
            let _ = thread::Builder::new()
                .name("ff-deadline".into())
                .spawn(keep);
        });
    }
}

impl Scope {
    /// The result of a wait in a process that was forked from one that had launched.
    fn in_a_fork(self) -> Option<Result<(), Unfinished>> {
        if !shutdown::is_forked() {
            return None;
        }
        let unfinished = self.unfinished(WhyUnfinished::Forked);
        Some(if unfinished.entries.is_empty() {
            Ok(())
        } else {
            Err(unfinished)
        })
    }

    fn unfinished(self, reason: WhyUnfinished) -> Unfinished {
        let mut unfinished = Unfinished::now(reason);
        if let Self::Pool(pool) = self {
            let name = pool.label();
            unfinished.entries = unfinished
                .entries
                .iter()
                .filter(|entry| entry.backend() == name)
                .cloned()
                .collect();
        }
        unfinished
    }
}

fn waits() -> MutexGuard<'static, Vec<Pending>> {
    static WAITS: Mutex<Vec<Pending>> = Mutex::new(Vec::new());
    lock(&WAITS)
}

/// How many waits are in the list, so that an end can ask without a lock.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// How long a blocked caller leaves it to the service thread to keep the deadline.
const GRACE: Duration = Duration::from_millis(250);

/// How often a blocked caller tries to start a service thread that the system has refused.
const RETRY: Duration = Duration::from_millis(20);
