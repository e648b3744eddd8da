//! The runtimes in which these tests launch.

use ::tokio::runtime::{Builder, Runtime};

pub(super) fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("multi")
        .enable_all()
        .build()
        .unwrap()
}

pub(super) fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
