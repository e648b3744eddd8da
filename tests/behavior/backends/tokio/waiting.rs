//! Waits for a pool, made inside a runtime.

use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, in_time};

use super::runtimes::{current_thread, multi_thread};
use crate::recorder::{row, watch};

static POOL: Pool = Pool::new("tokio-tests").threads(1);

#[fire_and_forget(backend = POOL)]
fn runs_on_a_pool(pass: Pass) {
    pass.wait();
}

// Pitfall 18: `.wait()` there would block the thread that has to go on.
#[test]
fn waiting_inside_a_current_thread_runtime_fails_and_awaiting_works() {
    let watched = watch!(runs_on_a_pool);
    in_time("the wait ends", || {
        let gate = Gate::new();
        current_thread().block_on(async {
            runs_on_a_pool(gate.pass());
            let unfinished = POOL.flush(PATIENCE).wait().unwrap_err();
            let text = unfinished.to_string();
            assert!(
                text.contains("use `.await` in place of `.wait()`"),
                "{text}"
            );
            let wait = POOL.flush(PATIENCE);
            gate.open();
            wait.await.unwrap();
        });
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget(backend = POOL)]
fn runs_on_a_pool_for_many() {}

#[test]
fn a_wait_is_a_future_on_any_executor_and_may_be_dropped() {
    let watched = watch!(runs_on_a_pool_for_many);
    runs_on_a_pool_for_many();
    in_time("all waits end", || {
        multi_thread().block_on(async {
            POOL.flush(PATIENCE).await.unwrap();
            POOL.flush(PATIENCE).wait().unwrap();
            drop(POOL.flush(Duration::MAX));
            ::tokio::spawn(POOL.flush(Duration::MAX))
                .await
                .unwrap()
                .unwrap();
        });
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}
