//! Threads of a schedule: the system may refuse them, and a wait with a timeout may end at any moment.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{Condvar, Mutex};
pub(crate) use shuttle::thread::yield_now;
pub(crate) use std::thread::available_parallelism;

use super::clock;

/// Has the scheduler refuse half of all threads from now on, except the service thread.
pub(crate) fn refuse_threads() {
    GRANTED.store(EIGHTHS / 2, Ordering::Relaxed);
}

/// Has it refuse the service thread as well: seven times out of eight, or for ever.
pub(crate) fn refuse_the_service_thread(for_ever: bool) {
    refuse_threads();
    let granted = if for_ever { 0 } else { EIGHTHS / 8 };
    SERVICE_GRANTED.store(granted, Ordering::Relaxed);
}

/// How many of eight threads are granted, on average.
static GRANTED: AtomicU32 = AtomicU32::new(EIGHTHS);
static SERVICE_GRANTED: AtomicU32 = AtomicU32::new(EIGHTHS);
const EIGHTHS: u32 = 8;

/// A handle of a thread, to unpark it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thread(Arc<Token>);

/// The token of `unpark`, as std has it. Shuttle's own `park` never returns early.
#[derive(Debug, Default)]
struct Token {
    is_there: Mutex<bool>,
    came: Condvar,
}

impl Thread {
    pub(crate) fn unpark(&self) {
        *self.0.is_there.lock().unwrap() = true;
        self.0.came.notify_one();
    }
}

shuttle::thread_local! {
    static CURRENT: RefCell<Thread> = RefCell::default();
}

pub(crate) fn current() -> Thread {
    CURRENT.with(|current| current.borrow().clone())
}

pub(crate) fn park() {
    let token = current().0;
    let mut is_there = token.is_there.lock().unwrap();
    while !*is_there {
        is_there = token.came.wait(is_there).unwrap();
    }
    *is_there = false;
}

/// Parks until unparked, or until a while has passed that the scheduler chooses.
pub(crate) fn park_timeout(duration: Duration) {
    let token = current().0;
    for _ in 0..thread_rng().gen_range(1..PATIENCE) {
        if std::mem::take(&mut *token.is_there.lock().unwrap()) {
            return;
        }
        yield_now();
    }
    clock::pass(duration);
}

/// Builds a thread, and knows the service thread by its name.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    inner: shuttle::thread::Builder,
    is_service: bool,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn name(self, name: String) -> Self {
        Self {
            is_service: name == "fire-and-forget",
            inner: self.inner.name(name),
        }
    }

    /// Does nothing: all stacks of a schedule have one size.
    pub(crate) fn stack_size(self, _: usize) -> Self {
        self
    }

    pub(crate) fn spawn<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let granted = if self.is_service {
            &SERVICE_GRANTED
        } else {
            &GRANTED
        };
        if thread_rng().gen_range(0..EIGHTHS) >= granted.load(Ordering::Relaxed) {
            return Err(io::Error::other("the scheduler refuses a thread"));
        }
        let thread = Thread::default();
        let current = thread.clone();
        let handle = self.inner.spawn(move || {
            CURRENT.with(|it| *it.borrow_mut() = current);
            work()
        })?;
        Ok(JoinHandle { handle, thread })
    }
}

#[derive(Debug)]
pub(crate) struct JoinHandle<T> {
    handle: shuttle::thread::JoinHandle<T>,
    thread: Thread,
}

impl<T> JoinHandle<T> {
    pub(crate) fn thread(&self) -> &Thread {
        &self.thread
    }

    pub(crate) fn join(self) -> std::thread::Result<T> {
        self.handle.join()
    }
}

/// How many times a thread that parks with a timeout yields before that has passed, at most.
const PATIENCE: u32 = 100;
