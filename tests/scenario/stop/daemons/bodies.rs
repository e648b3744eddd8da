//! A daemon on each backend that runs any.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, mpsc};
use std::thread;

use fire_and_forget::{
    Backend, Executor, Pool, Task, Threads, fire_and_forget, is_stopping, stopping,
};
use tokio::runtime::{Builder, Runtime};
use waiting::Pass;

use crate::{counts, named};

static THREADS: Threads = Threads::new("daemons").max_threads(8);
pub(super) static POOL: Pool = Pool::new("others").threads(1);

/// A backend of the user's: a thread for each task, which nobody joins.
struct Spawner;

static SPAWNER: Spawner = Spawner;

impl Backend for Spawner {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        thread::spawn(|| task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "spawner"
    }
}

/// An executor of the user's.
struct OnRuntime(Runtime);

static ON_RUNTIME: LazyLock<OnRuntime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    OnRuntime(builder.worker_threads(1).build().unwrap())
});

impl Backend for OnRuntime {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.0.spawn_blocking(|| task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "on a runtime"
    }
}

impl Executor for OnRuntime {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }
}

/// How many bodies were told before they were dropped.
pub(super) static TOLD: AtomicU32 = AtomicU32::new(0);
/// How many bodies have been dropped.
pub(super) static DROPPED: AtomicU32 = AtomicU32::new(0);

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for what never comes, and beside it for the stop.
async fn goes_on(pass: Pass) {
    let _dropped = Dropped;
    tokio::select! {
        () = pass.opened() => {}
        () = stopping() => {
            TOLD.fetch_add(1, Ordering::SeqCst);
            pass.opened().await;
        }
    }
}

/// Looks now and then.
fn looks(pass: &Pass) {
    let _dropped = Dropped;
    while !is_stopping() && !pass.is_open() {
        thread::yield_now();
    }
    TOLD.fetch_add(u32::from(is_stopping()), Ordering::SeqCst);
}

macro_rules! daemons {
    (async fn { $($name:ident: [$($backend:tt)*],)* } fn { $($looks:ident: [$($of_fn:tt)*],)* }) => {
        $(
            #[fire_and_forget($($backend)* daemon)]
            async fn $name(pass: Pass) {
                goes_on(pass).await;
            }
        )*
        $(
            #[fire_and_forget($($of_fn)* daemon)]
            fn $looks(pass: Pass) {
                pass.come();
                looks(&pass);
            }
        )*

        /// Those that are dropped when they have been told.
        pub(super) const ASYNC: &[(&str, fn(Pass))] =
            &[$((named!($name), $name)),*];

        /// Those that end by themselves when they have been told.
        pub(super) const LOOKING: &[(&str, fn(Pass))] =
            &[$((named!($looks), $looks)),*];
    };
}

daemons! {
    async fn {
        task: [],
        task_on_a_thread: [backend = "thread",],
        task_on_threads: [backend = THREADS,],
        task_on_a_spawner: [backend = SPAWNER,],
        task_on_an_executor: [backend = ON_RUNTIME,],
    }
    fn {
        on_a_thread: [],
        on_threads: [backend = THREADS,],
        on_a_spawner: [backend = SPAWNER,],
        on_an_executor: [backend = ON_RUNTIME,],
    }
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, fn(Pass))> {
    ASYNC.iter().chain(LOOKING).copied()
}

/// Has each launched once, and ended well?
#[track_caller]
pub(super) fn check_all_ok() {
    for (name, _) in all() {
        assert_eq!(counts(name), [1, 1, 0, 0, 0, 0], "{name}");
    }
}

/// Blocks, and never looks.
#[fire_and_forget]
pub(super) fn is_deaf(wait: mpsc::Receiver<()>, begun: mpsc::Sender<()>) -> ! {
    let _ = begun.send(());
    loop {
        if wait.recv().is_err() {
            thread::park();
        }
    }
}

/// Looks, and does not care.
#[fire_and_forget(daemon)]
pub(super) fn goes_on_all_the_same(pass: Pass) {
    let _ = is_stopping();
    pass.wait();
}

#[fire_and_forget(backend = POOL)]
pub(super) fn job() {}
