//! All backends and kinds of function, and the runtimes that a launching thread may be in.

use std::future::pending;
use std::sync::mpsc::{SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use ::tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use fire_and_forget::{Backend, Pool, Task, Threads};

/// Instantiates a suite of behaviors for each backend, as a module.
///
/// The columns are the attribute's value, what reports call it, the kind of function, how a body waits for its gate,
/// and what enters the runtime that each launching thread is to be in: to the suite, `inside`.
macro_rules! for_each_backend {
    ($suite:ident) => {
        for_each_backend! { $suite of daemons }
        for_each_backend! { $suite
            pool_fn: "pool", "pool", [fn], [.wait()], no_runtime;
            pool_async_fn: "pool", "pool", [async fn], [.opened().await], no_runtime;
            static_pool_fn: POOL, "suite", [fn], [.wait()], no_runtime;
            static_pool_async_fn: POOL, "suite", [async fn], [.opened().await], no_runtime;
            tokio_multi_thread_fn: "tokio", "tokio", [fn], [.wait()], multi_thread_runtime;
            tokio_current_thread_fn: "tokio", "tokio", [fn], [.wait()], current_thread_runtime;
            tokio_without_runtime_fn: "tokio", "tokio", [fn], [.wait()], no_runtime;
        }
    };
    // Those whose threads are not shared.
    ($suite:ident of daemons) => {
        for_each_backend! { $suite
            thread_fn: "thread", "thread", [fn], [.wait()], no_runtime;
            thread_async_fn: "thread", "thread", [async fn], [.opened().await], no_runtime;
            static_threads_fn: THREADS, "suite-threads", [fn], [.wait()], no_runtime;
            static_threads_async_fn: THREADS, "suite-threads", [async fn], [.opened().await], no_runtime;
            custom_fn: CUSTOM, "custom", [fn], [.wait()], no_runtime;
            custom_async_fn: CUSTOM, "custom", [async fn], [.opened().await], no_runtime;
            rayon_fn: RAYON, "rayon", [fn], [.wait()], no_runtime;
            rayon_async_fn: RAYON, "rayon", [async fn], [.opened().await], no_runtime;
            smol_fn: SMOL, "smol", [fn], [.wait()], no_runtime;
            smol_async_fn: SMOL, "smol", [async fn], [.opened().await], no_runtime;
            tokio_multi_thread_async_fn: "tokio", "tokio", [async fn], [.opened().await], multi_thread_runtime;
            tokio_current_thread_async_fn: "tokio", "tokio", [async fn], [.opened().await], current_thread_runtime;
            tokio_without_runtime_async_fn: "tokio", "tokio", [async fn], [.opened().await], no_runtime;
        }
    };
    ($suite:ident $($module:ident: $backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+], $inside:ident;)+) => {
        $(
            mod $module {
                use $crate::suite::backends::$inside as inside;
                #[allow(unused_imports, reason = "some backends are named by a string")]
                use $crate::suite::backends::{CUSTOM, POOL, RAYON, SMOL, THREADS};

                $suite! { $backend, $named, [$($function)+], [$($pass)+] }
            }
        )+
    };
}
pub(crate) use for_each_backend;

pub(crate) static POOL: Pool = Pool::new("suite").threads(3);
pub(crate) static THREADS: Threads = Threads::new("suite-threads").max_threads(30);

// The backends of the examples, as they are to be copied.
#[allow(dead_code, reason = "the rest of the example")]
#[path = "../../../examples/executors/rayon.rs"]
mod rayon;
#[allow(dead_code, reason = "the rest of the example")]
#[path = "../../../examples/executors/smol.rs"]
mod smol;
pub(crate) use rayon::RAYON;
pub(crate) use smol::SMOL;

/// A backend of the user's: four threads behind one channel.
pub(crate) static CUSTOM: LazyLock<Channel> = LazyLock::new(|| {
    let (sender, tasks) = sync_channel::<Task>(4096);
    let tasks = Arc::new(Mutex::new(tasks));
    for _ in 0..4 {
        let tasks = tasks.clone();
        thread::spawn(move || {
            loop {
                // A statement of its own: the lock is released before the task runs.
                let task = tasks.lock().unwrap().recv();
                task.unwrap().run();
            }
        });
    }
    Channel(sender)
});

pub(crate) struct Channel(SyncSender<Task>);

impl Backend for Channel {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.0.try_send(task).map_err(|error| match error {
            TrySendError::Full(task) | TrySendError::Disconnected(task) => task,
        })
    }

    fn name(&self) -> &'static str {
        "custom"
    }
}

pub(crate) struct NoRuntime;

pub(crate) fn no_runtime() -> NoRuntime {
    NoRuntime
}

pub(crate) fn multi_thread_runtime() -> EnterGuard<'static> {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    });
    RUNTIME.enter()
}

/// The thread of this runtime is not the test's, so a test may block; what is launched in it is polled there.
pub(crate) fn current_thread_runtime() -> EnterGuard<'static> {
    static HANDLE: LazyLock<Handle> = LazyLock::new(|| {
        let (sender, handle) = channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().build().unwrap();
            sender.send(runtime.handle().clone()).unwrap();
            runtime.block_on(pending::<()>());
        });
        handle.recv().unwrap()
    });
    HANDLE.enter()
}
