//! Who waits for a daemon: a shutdown, if the daemon learns of it.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use fire_and_forget::{
    Threads, fire_and_forget, flush, is_stopping, ledger, shutdown, shutdown_on_drop,
};
use waiting::{Gate, PATIENCE, Pass, signal, wait_until};

use super::bodies::{
    ASYNC, DROPPED, LOOKING, POOL, TOLD, all, check_all_ok, goes_on_all_the_same, is_deaf, job,
};
use crate::{counts, named};

crate::scenarios!(
    flush_does_not_wait_for_daemons,
    shutdown_tells_daemons_and_waits_until_they_have_ended,
    shutdown_does_not_wait_for_a_daemon_that_never_looks,
    shutdown_gives_up_on_a_daemon_at_its_deadline,
    shutdown_names_daemons_apart_from_what_is_unfinished,
    shutdown_on_drop_tells_daemons,
    shutdown_from_a_current_thread_runtime_tells_its_daemons,
    shutdown_on_drop_does_not_wait_for_daemons_of_its_own_thread,
    daemons_are_not_unfinished_at_exit,
    daemons_that_wait_for_a_thread_do_not_hold_up_a_flush,
    what_a_daemon_launches_in_the_end_is_waited_for,
    what_a_deaf_daemon_launches_in_the_end_is_refused,
);

fn launch_all(gate: &Gate) {
    for (_, launch) in all() {
        launch(gate.pass());
    }
    gate.reached_by(ASYNC.len() + LOOKING.len());
}

fn flush_does_not_wait_for_daemons() {
    let gate = Gate::new();
    launch_all(&gate);
    job();
    flush(Duration::MAX).wait().unwrap();
    assert_eq!(
        counts("scenario::stop::daemons::bodies::job"),
        [1, 1, 0, 0, 0, 0]
    );
    job();
    POOL.flush(Duration::MAX).wait().unwrap();
    for (name, _) in all() {
        assert_eq!(counts(name), [1, 0, 0, 0, 0, 0], "{name}");
    }
    shutdown(PATIENCE).wait().unwrap();
}

/// With patience, and so not until its deadline.
fn shutdown_tells_daemons_and_waits_until_they_have_ended() {
    let gate = Gate::new();
    launch_all(&gate);
    shutdown(Duration::MAX).wait().unwrap();
    check_all_ok();
    let many = u32::try_from(ASYNC.len() + LOOKING.len()).unwrap();
    assert_eq!(TOLD.load(Ordering::SeqCst), many);
    assert_eq!(DROPPED.load(Ordering::SeqCst), many);
}

fn begin_deaf() -> Sender<()> {
    let (go, wait) = channel();
    let (begun, begins) = signal();
    is_deaf(wait, begun);
    begins.receive();
    go
}

fn shutdown_does_not_wait_for_a_daemon_that_never_looks() {
    let _go = begin_deaf();
    job();
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!(
        counts("scenario::stop::daemons::bodies::is_deaf"),
        [1, 0, 0, 0, 0, 0]
    );
    assert_eq!(
        counts("scenario::stop::daemons::bodies::job"),
        [1, 1, 0, 0, 0, 0]
    );
}

fn shutdown_gives_up_on_a_daemon_at_its_deadline() {
    let gate = Gate::holding(goes_on_all_the_same);
    shutdown(Duration::from_millis(50)).wait().unwrap();
    assert_eq!(
        counts("scenario::stop::daemons::bodies::goes_on_all_the_same"),
        [1, 0, 0, 0, 0, 0]
    );
    gate.open();
    wait_until("it ends well after all", || {
        counts("scenario::stop::daemons::bodies::goes_on_all_the_same") == [1, 1, 0, 0, 0, 0]
    });
}

#[fire_and_forget(backend = POOL)]
fn is_stuck(pass: Pass) {
    pass.wait();
}

fn shutdown_names_daemons_apart_from_what_is_unfinished() {
    let _go = begin_deaf();
    let gate = Gate::holding(is_stuck);
    let unfinished = shutdown(Duration::ZERO).wait().unwrap_err();
    println!("{unfinished}");
    assert_eq!(unfinished.entries().len(), 1);
    gate.open();
    wait_until("it ends", || counts(named!(is_stuck))[1] == 1);
}

fn shutdown_on_drop_tells_daemons() {
    let gate = Gate::new();
    let guard = shutdown_on_drop(PATIENCE);
    launch_all(&gate);
    drop(guard);
    check_all_ok();
}

/// Their thread is the one that waits, and goes on to poll them.
fn shutdown_from_a_current_thread_runtime_tells_its_daemons() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let gate = Gate::new();
        for (_, launch) in ASYNC {
            launch(gate.pass());
        }
        while gate.come() != ASYNC.len() {
            tokio::task::yield_now().await;
        }
        shutdown(PATIENCE).await.unwrap();
    });
    for (name, _) in ASYNC {
        assert_eq!(counts(name), [1, 1, 0, 0, 0, 0], "{name}");
    }
}

#[fire_and_forget(daemon)]
async fn waits_for_ever(pass: Pass) {
    pass.opened().await;
}

/// It would wait for itself; and the end of the runtime, which comes then, ends them well.
fn shutdown_on_drop_does_not_wait_for_daemons_of_its_own_thread() {
    let gate = Gate::new();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.build().unwrap().block_on(async {
        let _guard = shutdown_on_drop(Duration::MAX);
        waits_for_ever(gate.pass());
        tokio::task::yield_now().await;
    });
    assert_eq!(counts(named!(waits_for_ever)), [1, 1, 0, 0, 0, 0]);
}

fn daemons_are_not_unfinished_at_exit() {
    let gate = Gate::new();
    launch_all(&gate);
    std::mem::forget(gate);
    println!("{}", ledger().total().in_flight());
}

static NARROW: Threads = Threads::new("narrow").max_threads(1);

#[fire_and_forget(backend = NARROW, daemon)]
async fn has_the_thread(pass: Pass) {
    pass.opened().await;
}

fn daemons_that_wait_for_a_thread_do_not_hold_up_a_flush() {
    let gate = Gate::holding(has_the_thread);
    for _ in 0..3 {
        has_the_thread(gate.pass());
    }
    flush(Duration::MAX).wait().unwrap();
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!(counts(named!(has_the_thread)), [4, 4, 0, 0, 0, 0]);
}

#[fire_and_forget(daemon)]
fn says_farewell(begun: Sender<()>, go: Receiver<()>) {
    let _ = is_stopping();
    let _ = begun.send(());
    let _ = go.recv();
    assert!(is_stopping());
    job();
}

fn what_a_daemon_launches_in_the_end_is_waited_for() {
    let (begun, begins) = signal();
    let (go, gone) = channel();
    says_farewell(begun, gone);
    begins.receive();
    let wait = shutdown(Duration::MAX);
    go.send(()).unwrap();
    wait.wait().unwrap();
    assert_eq!(counts(named!(says_farewell)), [1, 1, 0, 0, 0, 0]);
    assert_eq!(
        counts("scenario::stop::daemons::bodies::job"),
        [1, 1, 0, 0, 0, 0]
    );
}

#[fire_and_forget(daemon)]
fn accepts(requests: Receiver<()>, done: Sender<()>) {
    for () in requests {
        job();
        let _ = done.send(());
    }
}

/// Otherwise the shutdown would come to no end while requests come.
fn what_a_deaf_daemon_launches_in_the_end_is_refused() {
    let gate = Gate::holding(is_stuck);
    let (request, requests) = channel();
    let (done, dones) = signal();
    accepts(requests, done);
    request.send(()).unwrap();
    dones.receive();
    let wait = shutdown(Duration::MAX);
    request.send(()).unwrap();
    dones.receive();
    gate.open();
    wait.wait().unwrap();
    assert_eq!(
        counts("scenario::stop::daemons::bodies::job"),
        [2, 1, 0, 0, 0, 1]
    );
}
