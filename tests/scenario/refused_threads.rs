//! The system refuses threads, because there is no room for their stacks: launches wait, and run later or are reported.
//!
//! Played with little memory and large stacks.

use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget, flush, shutdown};
use waiting::{PATIENCE, wait_until};

use crate::counts;

crate::scenarios!(
    launches_run_when_threads_are_no_longer_refused,
    launches_run_when_the_first_thread_is_no_longer_refused,
    launches_whose_threads_are_refused_to_the_end_are_lost,
    a_body_whose_runtime_is_refused_panics,
);

static POOL: Pool = Pool::new("without-threads").threads(2);
static THREADS: Threads = Threads::new("without-threads-either");
static OTHER: Pool = Pool::new("with-a-thread").threads(1);

#[fire_and_forget(backend = POOL)]
fn on_pool() {}

#[fire_and_forget(backend = POOL)]
async fn on_pool_async() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = THREADS)]
fn on_threads() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget]
async fn on_tokio() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[fire_and_forget(backend = OTHER)]
fn starts_the_service_thread() {}

const WAITING: [&str; 6] = [
    "on_pool",
    "on_pool_async",
    "on_thread",
    "on_threads",
    "on_tokio_worker",
    "on_tokio",
];

fn launch_all() {
    on_pool();
    on_pool_async();
    on_thread();
    on_threads();
    on_tokio_worker();
    on_tokio();
}

/// Pitfall 5.
fn launches_run_when_threads_are_no_longer_refused() {
    starts_the_service_thread();
    flush(PATIENCE).wait().unwrap();
    run_later();
}

/// Pitfall 5: there is not even the thread that creates the others.
fn launches_run_when_the_first_thread_is_no_longer_refused() {
    run_later();
}

fn run_later() {
    let memory = take_all_memory();
    launch_all();
    println!("{}", flush(Duration::from_millis(50)).wait().unwrap_err());
    drop(memory);
    flush(PATIENCE).wait().unwrap();
    check([1, 1, 0, 0, 0, 0]);
}

/// Pitfalls 5 and 6.
fn launches_whose_threads_are_refused_to_the_end_are_lost() {
    starts_the_service_thread();
    flush(PATIENCE).wait().unwrap();
    let _memory = take_all_memory();
    launch_all();
    println!(
        "{}",
        shutdown(Duration::from_millis(50)).wait().unwrap_err()
    );
    wait_until("what waits for a thread is abandoned", || {
        fire_and_forget::ledger().total().lost == WAITING.len() as u64
    });
    check([1, 0, 0, 0, 1, 0]);
}

/// A worker has the body, and cannot give it back.
fn a_body_whose_runtime_is_refused_panics() {
    starts_a_worker();
    flush(PATIENCE).wait().unwrap();
    let memory = take_all_memory();
    on_tokio_worker();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts("refused_threads::on_tokio_worker"),
        [1, 0, 0, 1, 0, 0]
    );
    drop(memory);
    on_tokio_worker();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts("refused_threads::on_tokio_worker"),
        [2, 1, 0, 1, 0, 0]
    );
}

#[fire_and_forget]
fn starts_a_worker() {}

#[track_caller]
fn check(each: [u64; 6]) {
    for function in WAITING {
        let counts = counts(&format!("refused_threads::{function}"));
        assert_eq!(counts, each, "{function}");
    }
}

/// Leaves too little for the stack of a thread.
fn take_all_memory() -> Vec<Vec<u8>> {
    let mut taken = Vec::new();
    let mut size = 1 << 30;
    while size >= STACK / 2 {
        let mut memory = Vec::new();
        match memory.try_reserve_exact(size) {
            Ok(()) => taken.push(memory),
            Err(_) => size /= 2,
        }
    }
    let refused = thread::Builder::new().stack_size(STACK).spawn(|| ());
    assert!(refused.is_err(), "there is room for a thread");
    taken
}

/// What `RUST_MIN_STACK` says.
const STACK: usize = 64 << 20;
