//! The backends under load, besides those that are built in: pools whose workers come and go, and two of this program
//! that lose launches at random.

use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use fire_and_forget::{Backend, Executor, Pool, Task, Threads};
use tokio::runtime::{Builder, Runtime};
use waiting::{PATIENCE, Random};

use crate::faults;
use crate::functions::{self, erratic_async};
use crate::process::start_thread;
use crate::tally::DELIBERATE;

const SHORT: Duration = Duration::from_millis(2);

pub(crate) static BRIEF: Pool = Pool::new("brief").threads(3).queue(64).keep_alive(SHORT);
pub(crate) static RETIRING: Pool = Pool::new("retiring")
    .threads(2)
    .queue(256)
    .keep_alive(Duration::ZERO);
pub(crate) static ONE: Pool = Pool::new("one").threads(1).queue(1000).keep_alive(SHORT);
pub(crate) static LATEST: Pool = Pool::new("latest")
    .threads(1)
    .queue(4)
    .keep_alive(SHORT)
    .drop_oldest();
pub(crate) static FEW: Threads = Threads::new("few").max_threads(3).queue(16);

/// When nothing is in flight at all, nothing is on any pool.
pub(crate) fn expect_quiet() {
    for pool in [&BRIEF, &RETIRING, &ONE, &LATEST] {
        if let Err(unfinished) = pool.flush(PATIENCE).wait() {
            faults::add(format!("`{}` is not quiet: {unfinished}", pool.name()));
        }
    }
}

/// How many threads the two below have, which stay.
pub(crate) const THREADS: usize = FICKLE_THREADS + ERRATIC_THREADS;

pub(crate) static FICKLE: LazyLock<Fickle> = LazyLock::new(|| {
    let (sender, tasks) = sync_channel(32);
    let tasks = Arc::new(Mutex::new(tasks));
    for _ in 0..FICKLE_THREADS {
        let tasks = tasks.clone();
        start_thread("fickle", move || FICKLE.work(&tasks));
    }
    Fickle {
        sender,
        shelf: Mutex::new(None),
    }
});

const FICKLE_THREADS: usize = 2;

/// Two threads behind a channel. Some tasks it drops, some it refuses, some it runs in the caller, and of some it gives
/// back another one.
pub(crate) struct Fickle {
    sender: SyncSender<Task>,
    shelf: Mutex<Option<Task>>,
}

impl Fickle {
    fn work(&self, tasks: &Mutex<Receiver<Task>>) {
        loop {
            // A statement of its own: the lock is released before the task runs.
            let task = lock(tasks).recv_timeout(SHORT);
            match task {
                Ok(task) if one_in(16) => discard(task),
                Ok(task) => task.run(),
                Err(RecvTimeoutError::Timeout) => {
                    let task = lock(&self.shelf).take();
                    task.into_iter().for_each(Task::run);
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the sender is in a static"),
            }
        }
    }
}

impl Backend for Fickle {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        match roll() % 16 {
            0 => discard(task),
            1 => return Err(task),
            2 => task.run(),
            3 => {
                let other = lock(&self.shelf).replace(task);
                if let Some(other) = other {
                    count(&other, |tally| tally.swapped_out.add());
                    return Err(other);
                }
            }
            4 => {
                count(&task, |tally| tally.discarded.add());
                resume_unwind(Box::new(DELIBERATE)); // without a word of the panic hook
            }
            _ => {
                return self.sender.try_send(task).map_err(|error| match error {
                    TrySendError::Full(task) | TrySendError::Disconnected(task) => task,
                });
            }
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        "fickle"
    }
}

fn discard(task: Task) {
    count(&task, |tally| tally.discarded.add());
    drop(task);
}

fn count(task: &Task, add: impl Fn(&crate::tally::Tally)) {
    match functions::named(task.function()) {
        Some(function) => add(&function.tally),
        None => faults::add(format!(
            "a task of an unknown function: {}",
            task.function()
        )),
    }
}

pub(crate) static ERRATIC: LazyLock<Erratic> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread()
        .worker_threads(ERRATIC_THREADS - 1)
        .max_blocking_threads(1)
        .thread_name("erratic")
        .build();
    Erratic(runtime.expect("threads can be started"))
});

const ERRATIC_THREADS: usize = 2;

/// A runtime apart. Some futures it drops, of these some after it has polled them once.
pub(crate) struct Erratic(Runtime);

impl Backend for Erratic {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.0.spawn_blocking(|| task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "erratic"
    }
}

impl Executor for Erratic {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        let tally = &erratic_async::FUNCTION.tally;
        match roll() % 16 {
            0 => {
                tally.discarded.add();
                drop(future);
            }
            1 => {
                tally.discarded.add();
                resume_unwind(Box::new(DELIBERATE)); // without a word of the panic hook
            }
            2 => {
                let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
                if poll.is_pending() {
                    tally.cut_off.add();
                }
            }
            _ => drop(self.0.spawn(future)),
        }
    }
}

fn one_in(times: u64) -> bool {
    roll().is_multiple_of(times)
}

/// A random number, for whichever thread.
fn roll() -> u64 {
    static ROLLS: AtomicU64 = AtomicU64::new(0);
    Random::new(ROLLS.fetch_add(1, Ordering::Relaxed)).draw()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
