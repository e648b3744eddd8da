//! A process that is forked: before anything has been launched, it is one like any other; afterwards it has a copy of
//! everything but the threads, and refuses launches.

#![expect(unsafe_code, reason = "`fork` is")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{Refusal, WhyUnfinished, fire_and_forget, flush, shutdown, shutdown_on_drop};
use tokio::runtime::Builder;
use waiting::{Gate, PATIENCE, Pass, begin, signal, wait_until};

use super::functions::{self, POOL};
use crate::{counts, named};

crate::scenarios!(
    fork_before_the_first_launch,
    fork_after_launches,
    fork_with_launches_in_flight,
    fork_with_launches_in_flight_and_a_guard,
    fork_inside_a_body,
    fork_among_launching_threads,
    fork_with_reports_left_out,
);

/// Forks, does `act` in the new process, and waits for its end here.
pub(super) fn in_a_fork(act: impl FnOnce()) {
    // SAFETY: the new process has one thread, and goes on as this one would. What it calls of the standard library needs
    // no lock that another thread could have held.
    match unsafe { libc::fork() } {
        -1 => panic!("cannot fork"),
        0 => {
            let acted = catch_unwind(AssertUnwindSafe(act));
            // Not that of the standard library: it takes a lock which a thread that was being created has held.
            // SAFETY: no other thread is there that could exit meanwhile.
            unsafe { libc::exit(if acted.is_ok() { 0 } else { 101 }) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the pointer is to a number of ours.
            let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((waited, status), (child, 0), "the fork failed");
        }
    }
}

#[fire_and_forget]
fn on_built_in_pool() {}

#[fire_and_forget(backend = POOL, on_full = "block")]
fn or_block() {}

#[fire_and_forget(backend = POOL, on_full = "caller_runs")]
fn or_run_here() {}

/// A function for each backend and policy, by its name in the ledger.
fn all() -> impl Iterator<Item = (&'static str, fn())> {
    let built_in: (_, fn()) = (named!(on_built_in_pool), on_built_in_pool);
    let policies: [(_, fn()); 2] = [
        (named!(or_block), or_block),
        (named!(or_run_here), or_run_here),
    ];
    [built_in].into_iter().chain(functions::ALL).chain(policies)
}

pub(super) fn launch_all() {
    for (_, launch) in all() {
        launch();
    }
}

#[track_caller]
pub(super) fn check_all(each: [u64; 6]) {
    for (function, _) in all() {
        assert_eq!(counts(function), each, "{function}");
    }
}

#[fire_and_forget(backend = POOL, on_full = "reject")]
pub(super) fn or_reject(_number: u8) {}

#[fire_and_forget(on_full = "reject")]
async fn or_reject_async(_number: u8) {}

/// Both processes launch, and end as any other.
fn fork_before_the_first_launch() {
    let act = || {
        launch_all();
        flush(PATIENCE).wait().unwrap();
        launch_all();
        shutdown(PATIENCE).wait().unwrap();
        check_all([2, 2, 0, 0, 0, 0]);
    };
    in_a_fork(act);
    act();
}

/// What is launched in the new process is refused there, and the old one does not notice.
fn fork_after_launches() {
    launch_all();
    flush(PATIENCE).wait().unwrap();
    in_a_fork(|| {
        launch_all();
        check_all([2, 1, 0, 0, 0, 1]);
        let rejected = or_reject(1).unwrap_err();
        assert_eq!(rejected.reason(), Refusal::ShuttingDown);
        assert_eq!(rejected.into_args(), (1,));
        assert_eq!(or_reject_async(2).unwrap_err().into_args(), (2,));
        flush(Duration::MAX).wait().unwrap();
        POOL.flush(Duration::MAX).wait().unwrap();
        shutdown(Duration::MAX).wait().unwrap();
        // A fork of the fork is no better.
        in_a_fork(|| assert!(or_reject(3).is_err()));
    });
    launch_all();
    shutdown(PATIENCE).wait().unwrap();
    check_all([2, 2, 0, 0, 0, 0]);
}

#[fire_and_forget(backend = POOL)]
fn passes(pass: Pass) {
    pass.wait();
}

/// They go on where they were launched, and waiting for them elsewhere fails at once; a wait that began before, too.
fn fork_with_launches_in_flight() {
    let gate = Gate::holding(passes);
    let (begun, awaited) = (flush(Duration::MAX), flush(Duration::MAX));
    in_a_fork(move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        let ends = [
            begun.wait(),
            runtime.block_on(awaited),
            flush(Duration::MAX).wait(),
            runtime.block_on(flush(Duration::MAX)),
            POOL.flush(Duration::MAX).wait(),
            shutdown(Duration::MAX).wait(),
        ];
        let ends = ends.map(Result::unwrap_err);
        for unfinished in &ends {
            assert_eq!(unfinished.reason(), WhyUnfinished::Forked);
        }
        println!("{}", ends[0]);
    });
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(passes)), [1, 1, 0, 0, 0, 0]);
}

/// As in a program that goes into the background: what was in flight has gone with its threads.
fn fork_with_launches_in_flight_and_a_guard() {
    let gate = Gate::holding(passes);
    in_a_fork(|| drop(shutdown_on_drop(Duration::MAX)));
    gate.open();
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = POOL)]
fn forks(forked: Sender<()>) {
    in_a_fork(act_in_a_fork_of_a_body);
    let _ = forked.send(());
}

#[fire_and_forget]
async fn forks_in_a_task(forked: Sender<()>) {
    in_a_fork(act_in_a_fork_of_a_body);
    let _ = forked.send(());
}

fn act_in_a_fork_of_a_body() {
    assert!(or_reject(1).is_err());
    let reason = flush(Duration::MAX).wait().unwrap_err().reason();
    assert_eq!(reason, WhyUnfinished::InsideBody);
}

/// The new process has the body's thread alone, and ends in it.
fn fork_inside_a_body() {
    let (forked, forks_ended) = signal();
    forks(forked.clone());
    forks_in_a_task(forked);
    forks_ended.receive_many(2);
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = POOL, max_in_flight = 2)]
fn fails() -> Result<(), &'static str> {
    Err("on purpose")
}

/// Whatever the other threads are in the middle of, and whichever lock they hold: the new process comes to its end.
fn fork_among_launching_threads() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    let callers = [(); 3].map(|()| {
        begin(|| {
            while !IS_OVER.load(Ordering::Relaxed) {
                launch_all();
                fails();
                flush(PATIENCE).wait().unwrap();
            }
        })
    });
    wait_until("each function is in the ledger", || {
        fire_and_forget::ledger().entries().len() == all().count() + 1
    });
    let _ = or_reject(0);
    for _ in 0..200 {
        in_a_fork(|| {
            launch_all();
            fails();
            assert!(or_reject(1).is_err());
            let _ = flush(Duration::MAX).wait();
            let _ = shutdown(Duration::MAX).wait();
        });
    }
    IS_OVER.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.end("a caller ends");
    }
    shutdown(PATIENCE).wait().unwrap();
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.in_flight(), 0);
}

/// This process says itself what it has left out.
fn fork_with_reports_left_out() {
    for _ in 0..100 {
        fails();
    }
    flush(PATIENCE).wait().unwrap();
    in_a_fork(|| {});
}
