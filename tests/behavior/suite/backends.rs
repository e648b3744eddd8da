//! All backends and kinds of function, and the runtimes that a launching thread may be in.

use std::future::pending;
use std::sync::mpsc::{SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use ::tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use fire_and_forget::{Backend, Pool, Task};

/// Instantiates a suite of behaviors for each backend, as a module.
///
/// `backend` is the attribute's value and `named` what reports call it; `pass` is how a body waits for its gate;
/// `inside` enters the runtime that each launching thread is to be in.
macro_rules! for_each_backend {
    ($suite:ident) => {
        $suite! { mod thread_fn, backend = "thread", named = "thread", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod thread_async_fn, backend = "thread", named = "thread", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod pool_fn, backend = "pool", named = "pool", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod pool_async_fn, backend = "pool", named = "pool", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod static_pool_fn, backend = POOL, named = "suite", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod static_pool_async_fn, backend = POOL, named = "suite", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod custom_fn, backend = CUSTOM, named = "custom", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod custom_async_fn, backend = CUSTOM, named = "custom", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod tokio_multi_thread_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = multi_thread_runtime }
        $suite! { mod tokio_multi_thread_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = multi_thread_runtime }
        $suite! { mod tokio_current_thread_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = current_thread_runtime }
        $suite! { mod tokio_current_thread_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = current_thread_runtime }
        $suite! { mod tokio_without_runtime_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod tokio_without_runtime_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = no_runtime }
    };
}
pub(super) use for_each_backend;

pub(super) static POOL: Pool = Pool::new("suite").threads(3);

/// A backend of the user's: four threads behind one channel.
pub(super) static CUSTOM: LazyLock<Channel> = LazyLock::new(|| {
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

pub(super) struct Channel(SyncSender<Task>);

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

pub(super) struct NoRuntime;

pub(super) fn no_runtime() -> NoRuntime {
    NoRuntime
}

pub(super) fn multi_thread_runtime() -> EnterGuard<'static> {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    });
    RUNTIME.enter()
}

/// The thread of this runtime is not the test's, so a test may block; what is launched in it is polled there.
pub(super) fn current_thread_runtime() -> EnterGuard<'static> {
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
