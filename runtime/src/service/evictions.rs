//! Launches that were evicted: their arguments' destructors are the user's code, which a thread of its own runs. A caller
//! does so only where more are waiting than there is room for, or where there is no thread at all.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::queue::ring::Ring;
use crate::report::Loss;
use crate::service::service::{self, Background};
use crate::service::threads::ThreadSet;
use crate::stop::phase;
use crate::sync::process::{AtomicBool, AtomicU8, Instant, Mutex, OnceLock, thread, thread_local};
use crate::sync::{Parker, get_or_make, lock};
use crate::task::task::Task;

/// Drops an evicted launch on a thread of its own.
pub(crate) fn evict(task: Task) {
    let evicted = evicted();
    let mut task = Some(task);
    if !evicted.queue.push(&mut task) {
        // More than that thread can drop: whoever evicts so fast has to help, or memory would grow.
        drop_in_place(task);
    } else if !evicted.notify() {
        // The system refuses threads: there is nobody else.
        while let Some(task) = evicted.queue.pop() {
            drop_in_place(Some(task));
        }
    }
}

/// Drops an evicted launch on this thread, now or, in the destructors of another one, after it: each may launch and evict
/// the next, and the stack would not reach for all of them.
fn drop_in_place(mut task: Option<Task>) {
    // Taken out while it grows: an allocator may launch, and evict.
    let outer = WAITING.try_with(Cell::take).ok().flatten();
    if let Some(mut waiting) = outer {
        waiting.extend(task);
        let _ = WAITING.try_with(|it| it.set(Some(waiting)));
        return;
    }
    let _ = WAITING.try_with(|it| it.set(Some(Vec::new())));
    while let Some(evicted) = task.take().or_else(next) {
        evicted.lose(Loss::Evicted);
    }
    let _ = WAITING.try_with(Cell::take);
}

/// What this thread is to drop next.
fn next() -> Option<Task> {
    WAITING
        .try_with(|it| {
            let mut waiting = it.take()?;
            let next = waiting.pop();
            it.set(Some(waiting));
            next
        })
        .ok()
        .flatten()
}

thread_local! {
    /// While this thread drops one: what else it has to drop.
    static WAITING: Cell<Option<Vec<Task>>> = const { Cell::new(None) };
}

/// What was evicted, and who drops it.
struct Evicted {
    queue: Ring<Task, ()>,
    /// What the thread does: a push and then a look at it, or a change of it and then a look at the queue.
    thread: AtomicU8,
    parker: Parker,
    /// Locked by the service thread alone, except at the very end of a shutdown.
    threads: Mutex<ThreadSet>,
}

/// There is none.
const ABSENT: u8 = 0;
/// It looks at the queue, or is about to.
const RUNNING: u8 = 1;
/// It sleeps, or is about to.
const PARKED: u8 = 2;

fn evicted() -> &'static Evicted {
    static EVICTED: OnceLock<Evicted> = OnceLock::new();
    get_or_make(&EVICTED, || Evicted {
        queue: Ring::new(CAPACITY, ()),
        thread: AtomicU8::new(ABSENT),
        parker: Parker::default(),
        threads: Mutex::new(ThreadSet::new()),
    })
}

impl Evicted {
    /// Sees to it that the thread looks at the queue. False if there is nobody who could create it.
    fn notify(&'static self) -> bool {
        match self.thread.load(Ordering::SeqCst) {
            RUNNING => true,
            PARKED if self.transition(PARKED, RUNNING) => {
                self.parker.unpark();
                true
            }
            // Absent, or just woken by somebody else.
            _ => {
                static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
                service::register_once(&IS_REGISTERED, self);
                service::wake_or_retry()
            }
        }
    }

    fn transition(&self, old: u8, new: u8) -> bool {
        let change = self
            .thread
            .compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst);
        change.is_ok()
    }

    fn drop_all(&self) {
        while let Some(task) = self.queue.pop() {
            task.lose(Loss::Evicted);
        }
    }

    /// What the thread does until it has been idle for too long, or the shutdown has ended.
    fn work(&self) {
        self.parker.bind();
        loop {
            self.drop_all();
            self.thread.store(PARKED, Ordering::SeqCst);
            if !self.queue.is_empty() && self.transition(PARKED, RUNNING) {
                continue;
            }
            let until = Instant::now().checked_add(keep_alive());
            while self.thread.load(Ordering::SeqCst) == PARKED {
                let is_over = until.is_some_and(|until| until <= Instant::now());
                if is_over {
                    self.queue.trim();
                }
                if (is_over || phase::has_ended()) && self.transition(PARKED, ABSENT) {
                    // Who pushed before has seen it parked, and now finds nobody to wake.
                    return;
                }
                self.parker.park(until);
            }
        }
    }
}

impl Background for Evicted {
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        let mut threads = lock(&self.threads);
        threads.join_finished(now);
        if phase::has_ended() && self.thread.load(Ordering::SeqCst) == PARKED {
            self.parker.unpark();
        }
        if self.queue.is_empty() || !self.transition(ABSENT, RUNNING) {
            return threads.sooner(None);
        }
        if threads.backoff_until(now).is_none() {
            let builder = thread::Builder::new().name("ff-evictions".into());
            let created = threads.spawn(builder, || self.work());
            if threads.add(created, now).is_ok() {
                return threads.sooner(None);
            }
        }
        let next = threads.sooner(threads.backoff_until(now));
        drop(threads);
        self.thread.store(ABSENT, Ordering::SeqCst);
        if phase::has_ended() {
            // Nobody comes any more.
            self.drop_all();
        }
        next
    }

    fn has_threads(&self) -> bool {
        !lock(&self.threads).is_over()
    }
}

/// How long the thread may be idle.
#[cfg(not(fire_and_forget_shuttle))]
fn keep_alive() -> Duration {
    Duration::from_secs(10)
}

/// For ever, so that a lost wake-up is one, or not at all.
#[cfg(fire_and_forget_shuttle)]
fn keep_alive() -> Duration {
    use shuttle::rand::{Rng, thread_rng};

    if thread_rng().gen_ratio(1, 2) {
        Duration::MAX
    } else {
        Duration::ZERO
    }
}

const CAPACITY: usize = 1024;
