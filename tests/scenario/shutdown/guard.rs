//! The guard for `main`.

use std::time::Duration;

use fire_and_forget::{fire_and_forget, shutdown_on_drop};
use tokio::runtime::Builder;
use waiting::{Gate, PATIENCE};

use super::bodies::passes;

crate::scenarios!(
    shutdown_on_drop_in_time,
    shutdown_on_drop_too_late,
    shutdown_on_drop_inside_a_current_thread_runtime,
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

/// Tasks of that runtime cannot end meanwhile; what runs elsewhere is waited for.
fn shutdown_on_drop_inside_a_current_thread_runtime() {
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            let _guard = shutdown_on_drop(PATIENCE);
            prints();
        });
}
