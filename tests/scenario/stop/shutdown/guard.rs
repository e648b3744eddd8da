//! The guard for `main`.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use fire_and_forget::{fire_and_forget, flush, shutdown, shutdown_on_drop};
use tokio::runtime::Builder;
use waiting::{Gate, PATIENCE, signal};

use super::bodies::passes;
use super::join::{DESTROYED, leaves_a_local_on_a_worker};

crate::scenarios!(
    shutdown_on_drop_in_time,
    shutdown_on_drop_too_late,
    shutdown_on_drop_while_main_panics,
    shutdown_on_drop_inside_a_body,
    shutdown_on_drop_inside_a_current_thread_runtime,
    shutdown_on_drop_inside_a_current_thread_runtime_at_quiet,
);

#[fire_and_forget]
fn prints() {
    println!("the body ran");
}

fn shutdown_on_drop_in_time() {
    let _guard = shutdown_on_drop(PATIENCE);
    prints();
}

fn shutdown_on_drop_too_late() {
    let gate = Gate::new();
    let guard = shutdown_on_drop(Duration::from_millis(20));
    passes(gate.pass());
    drop(guard);
    gate.open();
}

fn shutdown_on_drop_while_main_panics() {
    let _guard = shutdown_on_drop(PATIENCE);
    // Opened just before the guard is dropped.
    let gate = Gate::new();
    passes(gate.pass());
    prints();
    panic!("the end of `main`");
}

#[fire_and_forget]
fn drops_a_guard() {
    drop(shutdown_on_drop(Duration::MAX));
}

/// It cannot wait there, and says so; the shutdown does not begin.
fn shutdown_on_drop_inside_a_body() {
    drops_a_guard();
    flush(PATIENCE).wait().unwrap();
    prints();
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget]
fn on_pool() {}

#[fire_and_forget]
async fn begins_and_is_stuck(begun: Sender<()>) {
    let _ = begun.send(());
    std::future::pending::<()>().await;
}

/// Waiting would stop the tasks of that runtime. So it begins the shutdown, says what to do instead, and goes on.
fn shutdown_on_drop_inside_a_current_thread_runtime() {
    let (begun, beginnings) = signal();
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            let guard = shutdown_on_drop(PATIENCE);
            begins_and_is_stuck(begun);
            tokio::task::yield_now().await;
            beginnings.receive();
            let dropped = Instant::now();
            drop(guard);
            let took = dropped.elapsed();
            assert!(took < PATIENCE / 2, "{took:?}");
            on_pool();
        });
}

/// Where nothing is in flight, there is nothing to say.
fn shutdown_on_drop_inside_a_current_thread_runtime_at_quiet() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let _guard = shutdown_on_drop(PATIENCE);
        prints();
        flush(PATIENCE).await.unwrap();
        leaves_a_local_on_a_worker();
        flush(PATIENCE).await.unwrap();
    });
    assert_eq!(DESTROYED.load(Ordering::SeqCst), 1);
    runtime.block_on(async {
        let _guard = shutdown_on_drop(Duration::ZERO);
        shutdown(PATIENCE).await.unwrap();
    });
}
