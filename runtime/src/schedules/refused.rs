//! Schedules in which the system refuses even the service thread: a caller that waits does its work.

use std::time::Duration;

use shuttle::thread;

use super::{Callers, Ran, quiet, schedules};
use crate::sync::process::thread::refuse_the_service_thread;
use crate::{
    Pool, Threads, Unfinished, Wait, WhyUnfinished, fire_and_forget, flush, ledger, shutdown,
};

schedules! {
    a_flush_has_threads_created
    a_task_that_flushes_has_them_created
    a_flush_keeps_its_deadline
    a_task_that_flushes_keeps_its_deadline
    a_shutdown_has_threads_created_and_joined
    two_that_wait_for_a_shutdown_have_them_joined
    two_that_wait_for_a_late_shutdown_do_not_say_that_all_is_well
    a_task_and_a_thread_wait_for_a_late_shutdown
    callers_race_with_a_late_shutdown
}

static POOL: Pool = Pool::new("pool")
    .threads(2)
    .queue(4)
    .keep_alive(Duration::MAX);
static THREADS: Threads = Threads::new("threads").max_threads(1).queue(4);

#[fire_and_forget(crate = crate, backend = POOL)]
fn runs(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = THREADS)]
fn has_a_thread(ran: Ran) {
    ran.add();
}

/// Launches twice on each backend.
fn begin() -> Ran {
    refuse_the_service_thread(false);
    let ran = Ran::default();
    for _ in 0..2 {
        runs(ran.clone());
        has_a_thread(ran.clone());
    }
    ran
}

fn a_flush_has_threads_created() {
    let ran = begin();
    flush(Duration::MAX).wait().unwrap();
    assert_eq!((ledger().total().ok, ran.count()), (4, 4));
}

fn a_task_that_flushes_has_them_created() {
    let ran = begin();
    shuttle::future::block_on(flush(Duration::MAX)).unwrap();
    assert_eq!((ledger().total().ok, ran.count()), (4, 4));
}

fn a_flush_keeps_its_deadline() {
    let ran = begin();
    if flush(SOON).wait().is_ok() {
        assert_eq!(ran.count(), 4);
    }
    flush(Duration::MAX).wait().unwrap();
    assert_eq!((ledger().total().ok, ran.count()), (4, 4));
}

/// Only the thread lets time pass, until it has its result; so the task begins to wait before that.
fn a_task_that_flushes_keeps_its_deadline() {
    refuse_the_service_thread(true);
    runs(Ran::default());
    let task = flush(SOON);
    let thread = thread::spawn(|| flush(SOON).wait());
    let results = [shuttle::future::block_on(task), thread.join().unwrap()];
    for unfinished in results.map(Result::unwrap_err) {
        assert_eq!(unfinished.reason(), WhyUnfinished::Deadline);
    }
}

fn a_shutdown_has_threads_created_and_joined() {
    let ran = begin();
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!((ledger().total().ok, ran.count()), (4, 4));
}

fn two_that_wait_for_a_shutdown_have_them_joined() {
    let ran = begin();
    let other = thread::spawn(|| shutdown(Duration::MAX).wait());
    shutdown(Duration::MAX).wait().unwrap();
    other.join().unwrap().unwrap();
    assert_eq!((ledger().total().ok, ran.count()), (4, 4));
}

fn two_that_wait_for_a_late_shutdown_do_not_say_that_all_is_well() {
    two_wait_for_a_late_shutdown(Wait::wait);
}

fn a_task_and_a_thread_wait_for_a_late_shutdown() {
    two_wait_for_a_late_shutdown(shuttle::future::block_on);
}

/// No wait says that all is well if a launch was abandoned.
fn two_wait_for_a_late_shutdown(wait: fn(Wait) -> Result<(), Unfinished>) {
    let ran = begin();
    let other = thread::spawn(|| shutdown(SOON).wait());
    let results = [wait(shutdown(SOON)), other.join().unwrap()];
    let counts = quiet();
    assert_eq!(counts.ok, ran.count());
    assert_eq!(counts.ok + counts.lost, 4);
    if results.iter().any(Result::is_ok) {
        assert_eq!(counts.lost, 0, "{results:?}");
    }
}

fn callers_race_with_a_late_shutdown() {
    let ran = begin();
    let callers = Callers::begin(2, 1, {
        let ran = ran.clone();
        move || runs(ran.clone())
    });
    let result = shutdown(SOON).wait();
    let lost_by_then = ledger().total().lost;
    callers.join();
    let counts = quiet();
    assert_eq!(counts.ok, ran.count());
    assert_eq!(counts.ok + counts.refused + counts.lost, 6);
    if result.is_ok() {
        assert_eq!(lost_by_then, 0);
    }
}

/// Passes while threads are still asked for.
const SOON: Duration = Duration::from_millis(15);
