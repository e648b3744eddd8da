//! Daemons, and tasks that wait for a shutdown to begin: none is left waiting.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use shuttle::thread;

use super::{Callers, Ran, schedules};
use crate::account::functions;
use crate::sync::process::thread::{refuse_the_service_thread, refuse_threads};
use crate::{
    Counts, Pool, Threads, fire_and_forget, flush, is_stopping, ledger, shutdown, stopping,
};

schedules! {
    a_task_that_waits_for_the_stop_is_woken
    a_task_that_is_dropped_leaves_no_trace
    an_async_daemon_is_dropped
    a_daemon_that_looks_is_waited_for_and_what_it_launches_last
    a_daemon_that_does_not_look_is_not_waited_for
    daemons_are_launched_while_a_shutdown_begins
    what_waits_is_woken_where_the_service_thread_is_refused
    a_flush_does_not_wait_for_daemons
    daemons_end_where_threads_are_refused
}

static POOL: Pool = Pool::new("pool")
    .threads(1)
    .queue(4)
    .keep_alive(Duration::MAX);
static THREADS: Threads = Threads::new("threads").max_threads(3).queue(4);

#[fire_and_forget(crate = crate, backend = POOL)]
fn runs(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = THREADS, daemon)]
async fn is_dropped(ran: Ran) {
    ran.add();
    pending::<()>().await;
}

#[fire_and_forget(crate = crate, backend = THREADS, daemon)]
fn looks(ran: Ran) {
    while !is_stopping() {
        thread::yield_now();
    }
    runs(ran);
}

#[fire_and_forget(crate = crate, backend = THREADS, daemon)]
fn is_deaf(ran: Ran) {
    ran.add();
    loop {
        thread::park();
    }
}

/// Waits until each daemon has ended, and returns the counts. The shutdown has not waited for a daemon that had not asked
/// before.
fn ended() -> Counts {
    while ledger().total().in_flight() > 0 {
        thread::yield_now();
    }
    ledger().total()
}

fn a_task_that_waits_for_the_stop_is_woken() {
    let waiting = Callers::begin(2, 1, || shuttle::future::block_on(stopping()));
    shutdown(Duration::MAX).wait().unwrap();
    waiting.join();
}

fn a_task_that_is_dropped_leaves_no_trace() {
    let waiting = Callers::begin(2, 2, || {
        shuttle::future::block_on(async {
            let mut stop = stopping();
            let _ = poll_fn(|context| Poll::Ready(Pin::new(&mut stop).poll(context))).await;
        });
        shuttle::future::block_on(stopping());
    });
    shutdown(Duration::MAX).wait().unwrap();
    waiting.join();
}

fn an_async_daemon_is_dropped() {
    let ran = Ran::default();
    is_dropped(ran.clone());
    is_dropped(ran);
    shutdown(Duration::MAX).wait().unwrap();
    let counts = ledger().total();
    assert_eq!((counts.launched, counts.ok), (2, 2));
}

fn a_daemon_that_looks_is_waited_for_and_what_it_launches_last() {
    let ran = Ran::default();
    looks(ran.clone());
    // The daemon has asked whether the process stops.
    let is_told = || functions::all().any(|site| site.is_daemon() && site.is_told());
    while !is_told() {
        thread::yield_now();
    }
    shutdown(Duration::MAX).wait().unwrap();
    let counts = ledger().total();
    assert_eq!((counts.launched, counts.ok, ran.count()), (2, 2, 1));
}

fn a_daemon_that_does_not_look_is_not_waited_for() {
    let ran = Ran::default();
    is_deaf(ran.clone());
    while ran.count() == 0 {
        thread::yield_now();
    }
    runs(ran.clone());
    shutdown(Duration::MAX).wait().unwrap();
    let counts = ledger().total();
    assert_eq!((counts.launched, counts.ok, ran.count()), (2, 1, 2));
}

fn daemons_are_launched_while_a_shutdown_begins() {
    let ran = Ran::default();
    let callers = Callers::begin(2, 1, {
        let ran = ran.clone();
        move || {
            is_dropped(ran.clone());
            looks(ran.clone());
        }
    });
    shutdown(Duration::MAX).wait().unwrap();
    callers.join();
    let counts = ended();
    assert_eq!(counts.ok + counts.refused + counts.lost, counts.launched);
    assert_eq!((counts.failed, counts.panicked), (0, 0));
}

fn what_waits_is_woken_where_the_service_thread_is_refused() {
    refuse_the_service_thread(true);
    a_task_that_waits_for_the_stop_is_woken();
}

fn a_flush_does_not_wait_for_daemons() {
    let ran = Ran::default();
    is_dropped(ran.clone());
    looks(ran.clone());
    runs(ran);
    flush(Duration::MAX).wait().unwrap();
    shutdown(Duration::MAX).wait().unwrap();
}

fn daemons_end_where_threads_are_refused() {
    refuse_threads();
    let ran = Ran::default();
    is_dropped(ran.clone());
    looks(ran);
    shutdown(Duration::MAX).wait().unwrap();
    let counts = ended();
    assert_eq!(counts.ok + counts.refused, counts.launched);
}
