//! How a daemon ends: well once a shutdown has begun, and otherwise not without a word.

use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{fire_and_forget, shutdown, stopping};
use tokio::runtime::Builder;
use waiting::{Gate, PATIENCE, Pass, signal, wait_until, work_until_stopping};

use crate::{counts, named};

crate::scenarios!(
    a_daemon_whose_runtime_ends_before_a_shutdown_has_failed,
    a_daemon_whose_runtime_ends_after_a_shutdown_began_is_ok,
    a_daemon_that_has_not_begun_does_not_begin_in_a_shutdown,
    a_daemon_that_fails_in_a_shutdown_has_failed,
    a_daemon_whose_destructor_panics_in_a_shutdown_has_panicked,
    a_daemon_that_is_launched_in_a_shutdown_does_not_begin,
);

#[fire_and_forget(daemon)]
async fn goes_on(pass: Pass) {
    pass.opened().await;
}

fn a_daemon_whose_runtime_ends_before_a_shutdown_has_failed() {
    let gate = Gate::new();
    let runtime = Builder::new_multi_thread().build().unwrap();
    let entered = runtime.enter();
    goes_on(gate.pass());
    gate.reached_by(1);
    drop(entered);
    drop(runtime);
    assert_eq!(counts(named!(goes_on)), [1, 0, 1, 0, 0, 0]);
    shutdown(PATIENCE).wait().unwrap();
}

/// The runtime's only thread is here, and does not poll it.
fn a_daemon_whose_runtime_ends_after_a_shutdown_began_is_ok() {
    let gate = Gate::new();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        goes_on(gate.pass());
        tokio::task::yield_now().await;
    });
    let wait = shutdown(Duration::MAX);
    drop(runtime);
    wait.wait().unwrap();
    assert_eq!(counts(named!(goes_on)), [1, 1, 0, 0, 0, 0]);
}

fn a_daemon_that_has_not_begun_does_not_begin_in_a_shutdown() {
    let gate = Gate::new();
    let runtime = Builder::new_current_thread().build().unwrap();
    let entered = runtime.enter();
    goes_on(gate.pass());
    drop(entered);
    let wait = shutdown(Duration::MAX);
    runtime.block_on(tokio::task::yield_now());
    wait.wait().unwrap();
    assert_eq!(gate.come(), 0);
    assert_eq!(counts(named!(goes_on)), [1, 1, 0, 0, 0, 0]);
}

#[fire_and_forget(daemon)]
async fn fails_at_last(pass: Pass) -> Result<(), String> {
    tokio::select! {
        () = pass.opened() => Ok(()),
        () = stopping() => Err("could not say good-bye".into()),
    }
}

#[fire_and_forget(daemon)]
fn fails_at_last_on_a_thread(begun: Sender<()>) -> Result<(), String> {
    let _ = begun.send(());
    work_until_stopping();
    Err("could not say good-bye".into())
}

fn a_daemon_that_fails_in_a_shutdown_has_failed() {
    let gate = Gate::holding(fails_at_last);
    let (begun, begins) = signal();
    fails_at_last_on_a_thread(begun);
    begins.receive();
    shutdown(Duration::MAX).wait().unwrap();
    drop(gate);
    assert_eq!(counts(named!(fails_at_last)), [1, 0, 1, 0, 0, 0]);
    assert_eq!(
        counts(named!(fails_at_last_on_a_thread)),
        [1, 0, 1, 0, 0, 0]
    );
}

struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("deliberate");
    }
}

#[fire_and_forget(daemon)]
async fn panics_at_last(pass: Pass) {
    let _panics = Panics;
    pass.opened().await;
}

#[fire_and_forget(daemon, backend = "thread")]
async fn panics_at_last_on_a_thread(pass: Pass) {
    let _panics = Panics;
    pass.opened().await;
}

fn a_daemon_whose_destructor_panics_in_a_shutdown_has_panicked() {
    std::panic::set_hook(Box::new(|_| {}));
    let gate = Gate::new();
    panics_at_last(gate.pass());
    panics_at_last_on_a_thread(gate.pass());
    gate.reached_by(2);
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!(counts(named!(panics_at_last)), [1, 0, 0, 1, 0, 0]);
    assert_eq!(
        counts(named!(panics_at_last_on_a_thread)),
        [1, 0, 0, 1, 0, 0]
    );
}

#[fire_and_forget]
fn launches_daemons(pass: Pass) {
    pass.wait();
    goes_on(pass.clone());
    goes_on_on_a_thread(pass);
}

#[fire_and_forget(daemon)]
fn goes_on_on_a_thread(_pass: Pass) {
    unreachable!("it has not begun");
}

fn a_daemon_that_is_launched_in_a_shutdown_does_not_begin() {
    let gate = Gate::holding(launches_daemons);
    let wait = shutdown(Duration::MAX);
    gate.open();
    wait.wait().unwrap();
    wait_until("both have ended", || {
        counts(named!(goes_on)) == [1, 1, 0, 0, 0, 0]
            && counts(named!(goes_on_on_a_thread)) == [1, 1, 0, 0, 0, 0]
    });
    assert_eq!(gate.come(), 1);
}
