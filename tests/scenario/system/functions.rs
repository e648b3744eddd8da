//! A function for each kind of backend, whose body ends soon.

use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget};

use crate::{counts, named};

pub(super) static POOL: Pool = Pool::new("system").threads(2);
static THREADS: Threads = Threads::new("system-threads");

#[fire_and_forget(backend = POOL)]
fn on_pool() {}

#[fire_and_forget(backend = POOL)]
async fn on_pool_async() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = THREADS)]
fn on_threads() {}

#[fire_and_forget(backend = "tokio")]
pub(super) fn on_tokio_worker() {}

#[fire_and_forget]
pub(super) async fn on_tokio() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Their names in the ledger, and they.
pub(super) const ALL: [(&str, fn()); 6] = [
    (named!(on_pool), on_pool),
    (named!(on_pool_async), on_pool_async),
    (named!(on_thread), on_thread),
    (named!(on_threads), on_threads),
    (named!(on_tokio_worker), on_tokio_worker),
    (named!(on_tokio), on_tokio),
];

/// Launches each once.
pub(super) fn launch_all() {
    for (_, launch) in ALL {
        launch();
    }
}

/// Compares the counts of each.
#[track_caller]
pub(super) fn check_all(each: [u64; 6]) {
    for (function, _) in ALL {
        assert_eq!(counts(function), each, "{function}");
    }
}
