//! What is launched in most scenarios of a shutdown: one function for each backend, and one that waits.

use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget};
use waiting::Pass;

use crate::named;

pub(super) static POOL: Pool = Pool::new("drained").threads(1);
pub(super) static THREADS: Threads = Threads::new("drained-threads").max_threads(1);

#[fire_and_forget(backend = POOL)]
pub(super) fn on_pool() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget(backend = "tokio")]
async fn on_tokio() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[fire_and_forget(backend = POOL)]
async fn on_pool_async() {}

pub(super) const PLAIN: [(&str, fn()); 5] = [
    (named!(on_pool), on_pool),
    (named!(on_thread), on_thread),
    (named!(on_tokio_worker), on_tokio_worker),
    (named!(on_tokio), on_tokio),
    (named!(on_pool_async), on_pool_async),
];

pub(super) fn launch_all(times: u32) {
    for _ in 0..times {
        for (_, launch) in PLAIN {
            launch();
        }
    }
}

#[fire_and_forget]
pub(super) fn passes(pass: Pass) {
    pass.wait();
}
