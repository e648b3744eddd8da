//! Destructors that launch on every backend: of thread-locals, and of arguments that are evicted or abandoned.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, flush, shutdown};
use waiting::{Gate, PATIENCE, Pass, in_time, wait_until};

use super::{BRIEF, LATEST, NONE};
use crate::{counts, named};

crate::scenarios!(
    thread_local_destructor_launches,
    thread_local_destructor_launches_in_a_worker,
    thread_local_destructor_launches_at_exit,
    evicted_argument_launches,
    abandoned_argument_launches,
    a_body_runs_in_its_caller_where_tokio_is_gone,
);

#[fire_and_forget]
fn on_pool() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget]
async fn on_tokio() {}

#[fire_and_forget(on_full = "block", max_in_flight = 1)]
fn after_blocking() {}

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused() {}

/// Launches on every backend when it is dropped.
struct Launches;

impl Drop for Launches {
    fn drop(&mut self) {
        on_pool();
        on_thread();
        on_tokio_worker();
        on_tokio();
        after_blocking();
        is_refused();
        let _ = fire_and_forget::ledger().to_string();
    }
}

thread_local! {
    static LOCAL: RefCell<Option<Launches>> = const { RefCell::new(None) };
}

/// Compares the counts of each function that a destructor launches, but for the one that is refused always.
#[track_caller]
fn check_launches(each: [u64; 6]) {
    for function in [
        "on_pool",
        "on_thread",
        "on_tokio_worker",
        "on_tokio",
        "after_blocking",
    ] {
        let counts = counts(&format!("{}::{function}", module_path!()));
        assert_eq!(counts, each, "{function}");
    }
    let times = each[0];
    assert_eq!(counts(named!(is_refused)), [times, 0, 0, 0, 0, times]);
}

fn thread_local_destructor_launches() {
    in_time("the destructor has launched", || {
        thread::spawn(|| LOCAL.set(Some(Launches))).join().unwrap();
    });
    flush(PATIENCE).wait().unwrap();
    check_launches([1, 1, 0, 0, 0, 0]);
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_a_local() {
    LOCAL.set(Some(Launches));
}

/// In a worker that retires, and in a thread of its own.
fn thread_local_destructor_launches_in_a_worker() {
    leaves_a_local();
    leaves_a_local_on_a_thread();
    wait_until("both threads have gone", || {
        fire_and_forget::ledger()
            .get(named!(is_refused))
            .is_some_and(|entry| entry.counts().launched == 2)
    });
    flush(PATIENCE).wait().unwrap();
    check_launches([2, 2, 0, 0, 0, 0]);
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_local_on_a_thread() {
    LOCAL.set(Some(Launches));
}

/// On the main thread, after `main`: whatever becomes of the launches, nothing crashes.
fn thread_local_destructor_launches_at_exit() {
    LOCAL.set(Some(Launches));
    println!("the end of `main`");
}

#[fire_and_forget(backend = LATEST)]
fn owns(pass: Pass, argument: Option<Launches>) {
    pass.wait();
    drop(argument);
}

/// Pitfall 14.
fn evicted_argument_launches() {
    let gate = Gate::holding(|pass| owns(pass, None));
    for _ in 0..100 {
        owns(Pass::open(), Some(Launches));
    }
    wait_until("99 are evicted", || counts(named!(owns))[4] == 99);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(owns)), [101, 2, 0, 0, 99, 0]);
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.launched, 101 + 600);
    assert_eq!(total.in_flight(), 0);
}

static QUEUE: Pool = Pool::new("queue").threads(1);

#[fire_and_forget(backend = QUEUE)]
fn waits_behind(pass: Pass, argument: Option<Launches>) {
    pass.wait();
    drop(argument);
}

/// Pitfall 14: the shutdown has ended by then, so they are refused.
fn abandoned_argument_launches() {
    let gate = Gate::holding(|pass| waits_behind(pass, None));
    for _ in 0..10 {
        waits_behind(Pass::open(), Some(Launches));
    }
    shutdown(Duration::ZERO).wait().unwrap_err();
    wait_until("all are abandoned", || {
        counts(named!(waits_behind))[4] == 10
    });
    check_launches([10, 0, 0, 0, 0, 10]);
    gate.open();
}

fn nothing() -> usize {
    0
}

#[fire_and_forget(backend = "tokio", on_full = "caller_runs", max_in_flight = nothing())]
fn runs_in_its_caller() {}

struct LaunchesLast;

impl Drop for LaunchesLast {
    fn drop(&mut self) {
        runs_in_its_caller();
    }
}

/// Of the thread-locals of a thread, the first one is destroyed last.
fn a_body_runs_in_its_caller_where_tokio_is_gone() {
    thread_local!(static LAST: LaunchesLast = const { LaunchesLast });
    let ends = thread::spawn(|| {
        LAST.with(|_| ());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {});
    });
    ends.join().unwrap();
    assert_eq!(counts(named!(runs_in_its_caller)), [1, 1, 0, 0, 0, 0]);
}
