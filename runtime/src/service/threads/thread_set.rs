//! The threads of one backend: spawned, with a backoff while the system refuses, and joined when they have finished.
//!
//! No thread is joined while it is in the destructors of its thread-locals, which are the user's code and may take long. So
//! a thread says by itself that it has finished, in the last of these destructors. Those of C libraries run later still; a
//! thread that cannot be joined at once is looked at again after a pause, since no event tells that they are over.

use std::cell::RefCell;
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::join::try_join;
use crate::account::site::Site;
use crate::service::backoff::Backoff;
use crate::service::service;
use crate::stop::phase;
use crate::sync::lock;
use crate::sync::process::thread::{self, JoinHandle};
use crate::sync::process::{AtomicBool, Instant, Mutex, thread_local};
use crate::thread::body;

/// The threads of one backend. Used by the service thread or, where the system refuses that one, by a caller that waits in
/// its place.
#[derive(Debug)]
pub(crate) struct ThreadSet {
    threads: Vec<SpawnedThread>,
    /// Is the next thread that finishes to wake the service thread?
    is_awaited: Arc<AtomicBool>,
    /// When the system may be asked for a thread again, after a refusal.
    backoff: Backoff,
    /// When to look again at threads that have finished, and could not be joined.
    recheck: Backoff,
}

impl ThreadSet {
    pub(crate) fn new() -> Self {
        Self {
            threads: Vec::new(),
            is_awaited: Arc::default(),
            backoff: Backoff::of_refusals(),
            recheck: Backoff::new(MIN_RECHECK_BACKOFF, MAX_RECHECK_BACKOFF),
        }
    }

    /// When the system may be asked for a thread again. None: now.
    pub(crate) fn backoff_until(&self, now: Instant) -> Option<Instant> {
        self.backoff.until(now)
    }

    /// Spawns a thread, which the caller then [adds](Self::add).
    pub(crate) fn spawn(
        &self,
        builder: thread::Builder,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<SpawnedThread> {
        let is_finished = Arc::new(AtomicBool::new(false));
        let last = Last {
            is_finished: is_finished.clone(),
            is_awaited: self.is_awaited.clone(),
        };
        let handle = builder.spawn(move || {
            LAST.with(|it| it.replace(Some(last)));
            body::claim_thread();
            run();
        })?;
        Ok(SpawnedThread {
            handle: Some(handle),
            is_finished,
            is_known: false,
            daemon: None,
        })
    }

    /// Spawns a thread that takes a value, which comes back if the system refuses the thread.
    pub(crate) fn spawn_with<T: Send + 'static>(
        &self,
        builder: thread::Builder,
        value: T,
        run: impl FnOnce(T) + Send + 'static,
    ) -> Result<SpawnedThread, (T, io::Error)> {
        // A refused thread drops its closure, which the value has to survive.
        let handed_over = Arc::new(Mutex::new(Some(value)));
        let taken = Arc::clone(&handed_over);
        let spawned = self.spawn(builder, move || {
            // A statement of its own, so that the lock is released before `run`.
            let value = lock(&taken).take();
            if let Some(value) = value {
                run(value);
            }
        });
        spawned.map_err(|error| match lock(&handed_over).take() {
            Some(value) => (value, error),
            None => unreachable!("no thread has started that could have taken it"),
        })
    }

    /// Adds a thread, or begins a backoff if the system has refused it. The error is returned.
    pub(crate) fn add<E>(
        &mut self,
        created: Result<SpawnedThread, E>,
        now: Instant,
    ) -> Result<(), E> {
        match created {
            Ok(thread) => {
                self.threads.push(thread);
                self.backoff.reset();
                Ok(())
            }
            Err(error) => {
                self.backoff.failed(now);
                Err(error)
            }
        }
    }

    /// Joins the threads that have finished. A thread that is still in a destructor of a C library is left for
    /// [later](Self::sooner), since that may take long.
    pub(crate) fn join_finished(&mut self, now: Instant) {
        let (mut is_one_left, mut is_one_new) = (false, false);
        let mut until = None;
        self.threads.retain_mut(|thread| {
            if !thread.is_finished() {
                return true;
            }
            let is_known = mem::replace(&mut thread.is_known, true);
            let is_joined = if is_known {
                thread.is_joined()
            } else {
                thread.is_joined_soon(&mut until)
            };
            is_one_left |= !is_joined;
            is_one_new |= !is_joined && !is_known;
            !is_joined
        });
        if is_one_new || !is_one_left {
            self.recheck.reset();
        }
        if is_one_left && self.recheck.until(now).is_none() {
            self.recheck.failed(now);
        }
    }

    /// The earlier of `next` and the time to look again at threads that could not be joined.
    pub(crate) fn sooner(&self, next: Option<Instant>) -> Option<Instant> {
        [next, self.recheck.retry_at()].into_iter().flatten().min()
    }

    /// Are there `limit` threads, those in destructors included? If so, the next one that finishes wakes the service
    /// thread.
    pub(crate) fn is_full(&mut self, limit: usize, now: Instant) -> bool {
        self.is_awaited.store(false, Ordering::SeqCst);
        if self.threads.len() < limit {
            return false;
        }
        // SeqCst here, on the loads of `is_finished` below, and on both in `Last::drop`: this thread sees that one has
        // finished, or that thread sees that it is awaited.
        self.is_awaited.store(true, Ordering::SeqCst);
        self.join_finished(now);
        self.threads.len() >= limit
    }

    pub(crate) fn len(&self) -> usize {
        self.threads.len()
    }

    /// Have all threads been joined, except those of daemons that go on?
    pub(crate) fn is_over(&self) -> bool {
        self.threads.iter().all(SpawnedThread::goes_on)
    }
}

/// A thread of a set.
#[derive(Debug)]
pub(crate) struct SpawnedThread {
    /// None once it has been joined.
    handle: Option<JoinHandle<()>>,
    /// Set by the thread itself: see [`Last`].
    is_finished: Arc<AtomicBool>,
    /// Has it been seen finished before, when it could not be joined at once?
    is_known: bool,
    /// The function of the daemon that it runs, if it runs one.
    daemon: Option<&'static Site>,
}

impl SpawnedThread {
    /// Marks the thread as that of a daemon.
    pub(crate) fn of_daemon(mut self, site: &'static Site) -> Self {
        self.daemon = Some(site);
        self
    }

    /// Is it the thread of a daemon that has not ended?
    fn goes_on(&self) -> bool {
        self.daemon.is_some_and(|site| !site.is_quiet())
    }

    /// Has it finished, but for destructors of C libraries? `SeqCst`: see [`Last`].
    fn is_finished(&self) -> bool {
        self.is_finished.load(Ordering::SeqCst)
    }

    /// Joins the thread, if that takes no time. True if it has been joined.
    fn is_joined(&mut self) -> bool {
        self.handle = self.handle.take().and_then(|it| try_join(it).err());
        self.handle.is_none()
    }

    /// Joins the thread, and yields to it until then or until [`MOMENT`] is over, which all threads of one look share: most
    /// end within microseconds.
    fn is_joined_soon(&mut self, until: &mut Option<Instant>) -> bool {
        while !self.is_joined() {
            let now = Instant::now();
            if *until.get_or_insert(now + MOMENT) <= now {
                return false;
            }
            thread::yield_now();
        }
        true
    }
}

thread_local! {
    /// The first thread-local of each thread, so that it is destroyed after all others.
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Dropped when a thread has finished, but for destructors of a C library (`pthread_key_create`), which run after those of
/// thread-locals. [`JoinHandle::is_finished`] is true before either.
struct Last {
    is_finished: Arc<AtomicBool>,
    is_awaited: Arc<AtomicBool>,
}

impl Drop for Last {
    fn drop(&mut self) {
        // SeqCst here, and in the thread that ends the shutdown: that thread sees that this one has finished, or this one
        // sees the end. For `is_awaited`, see `is_full`.
        self.is_finished.store(true, Ordering::SeqCst);
        if phase::has_ended() || self.is_awaited.load(Ordering::SeqCst) {
            // The service thread joins this one.
            service::wake();
        }
    }
}

/// How long one look waits for threads that have finished to end.
const MOMENT: Duration = Duration::from_micros(200);
const MIN_RECHECK_BACKOFF: Duration = Duration::from_millis(1);
const MAX_RECHECK_BACKOFF: Duration = Duration::from_millis(100);
