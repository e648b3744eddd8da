//! The service thread, and workers that come and go.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use shuttle::sync::Mutex;
use shuttle::thread;

use super::{Ran, quiet, schedules};
use crate::{Pool, Threads, fire_and_forget};

schedules! {
    the_first_launches_of_two_callers_run
    workers_that_retire_are_replaced
    threads_come_one_after_another
    refused_threads_are_asked_for_again
    a_blocked_future_is_woken
    two_pools_and_threads_are_tended
}

static POOL: Pool = Pool::new("pool")
    .threads(2)
    .queue(8)
    .keep_alive(Duration::MAX);
static RETIRING: Pool = Pool::new("retiring")
    .threads(1)
    .queue(8)
    .keep_alive(Duration::ZERO);
static THREADS: Threads = Threads::new("threads").max_threads(1).queue(8);

#[fire_and_forget(crate = crate, backend = POOL)]
fn runs(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = RETIRING)]
fn runs_and_retires(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = THREADS)]
fn has_a_thread(ran: Ran) {
    ran.add();
}

fn the_first_launches_of_two_callers_run() {
    let ran = Ran::default();
    let other = thread::spawn({
        let ran = ran.clone();
        move || has_a_thread(ran)
    });
    runs(ran.clone());
    other.join().unwrap();
    assert_eq!(quiet().ok, 2);
}

fn workers_that_retire_are_replaced() {
    let ran = Ran::default();
    for round in 1..=4 {
        runs_and_retires(ran.clone());
        assert_eq!(quiet().ok, round);
    }
}

fn threads_come_one_after_another() {
    let ran = Ran::default();
    for _ in 0..4 {
        has_a_thread(ran.clone());
    }
    assert_eq!(quiet().ok, 4);
}

fn refused_threads_are_asked_for_again() {
    crate::sync::process::thread::refuse_threads();
    let ran = Ran::default();
    for _ in 0..2 {
        runs(ran.clone());
        runs_and_retires(ran.clone());
        has_a_thread(ran.clone());
    }
    assert_eq!(quiet().ok, 6);
}

/// A flag, and the waker of a task that waits until it is set.
#[derive(Default)]
struct Gate(Mutex<(bool, Option<Waker>)>);

#[fire_and_forget(crate = crate, backend = POOL)]
async fn waits(gate: Arc<Gate>) {
    std::future::poll_fn(|context| {
        let mut gate = gate.0.lock().unwrap();
        if gate.0 {
            return Poll::Ready(());
        }
        gate.1 = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
}

#[fire_and_forget(crate = crate, backend = POOL)]
fn opens(gate: Arc<Gate>) {
    let waker = {
        let mut gate = gate.0.lock().unwrap();
        gate.0 = true;
        gate.1.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn a_blocked_future_is_woken() {
    let gate = Arc::<Gate>::default();
    waits(gate.clone());
    opens(gate);
    assert_eq!(quiet().ok, 2);
}

fn two_pools_and_threads_are_tended() {
    let ran = Ran::default();
    let callers: Vec<_> = [runs, runs_and_retires, has_a_thread]
        .into_iter()
        .map(|launch: fn(Ran)| {
            let ran = ran.clone();
            thread::spawn(move || {
                launch(ran.clone());
                launch(ran);
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(quiet().ok, 6);
    assert_eq!(ran.count(), 6);
}
