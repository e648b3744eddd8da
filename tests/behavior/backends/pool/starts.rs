//! `on_thread_start` runs once on each new thread, before its first body.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};
use std::time::Duration;

use fire_and_forget::{Pool, Threads, WhyUnfinished, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, signal};

use crate::recorder::{row, watch};
use crate::values::drops::leave_a_thread_local;

thread_local! {
    /// The number of the call on this thread, from 1 on.
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

static CALLS: AtomicU32 = AtomicU32::new(0);

static BRIEF: Pool = Pool::new("starts")
    .threads(1)
    .keep_alive(Duration::from_millis(1))
    .on_thread_start(|| NUMBER.set(CALLS.fetch_add(1, Ordering::SeqCst) + 1));

#[fire_and_forget(backend = BRIEF)]
fn tells_its_number(numbers: Sender<u32>, gone: Sender<ThreadId>) {
    let _ = numbers.send(NUMBER.get());
    leave_a_thread_local(gone);
}

#[test]
fn the_function_is_called_on_each_new_thread_of_a_pool_before_its_first_body() {
    let watched = watch!(tells_its_number);
    for round in 1..=5 {
        let (numbers, received) = signal();
        let (gone, retired) = signal();
        tells_its_number(numbers, gone);
        assert_eq!(received.receive(), round);
        retired.receive();
    }
    watched.check(row!(launched: 5, ok: 5), &[]);
}

static STAYS: Pool = Pool::new("stays")
    .threads(1)
    .on_thread_start(|| NUMBER.set(NUMBER.get() + 1));

#[fire_and_forget(backend = STAYS)]
fn tells_how_often(numbers: Sender<u32>) {
    let _ = numbers.send(NUMBER.get());
}

#[test]
fn the_function_is_called_once_on_each_thread() {
    let watched = watch!(tells_how_often);
    let (numbers, received) = signal();
    for _ in 0..10 {
        tells_how_often(numbers.clone());
    }
    assert_eq!(received.receive_many(10), [1; 10]);
    watched.check(row!(launched: 10, ok: 10), &[]);
}

thread_local! {
    static IS_PREPARED: Cell<bool> = const { Cell::new(false) };
}

static THREADS: Threads = Threads::new("prepared").on_thread_start(|| IS_PREPARED.set(true));

#[fire_and_forget(backend = THREADS)]
fn is_prepared(answers: Sender<bool>) {
    let _ = answers.send(IS_PREPARED.replace(false));
}

#[test]
fn the_function_is_called_on_each_thread_of_a_launch() {
    let watched = watch!(is_prepared);
    let (answers, received) = signal();
    for _ in 0..10 {
        is_prepared(answers.clone());
    }
    assert_eq!(received.receive_many(10), [true; 10]);
    watched.check(row!(launched: 10, ok: 10), &[]);
}

static UNLUCKY: Pool = Pool::new("unlucky")
    .threads(2)
    .on_thread_start(|| panic!("deliberate, at the start of a thread"));
static UNLUCKY_THREADS: Threads =
    Threads::new("unlucky threads").on_thread_start(|| panic!("deliberate, at the start"));

#[fire_and_forget(backend = UNLUCKY)]
fn runs_all_the_same(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = UNLUCKY_THREADS)]
fn runs_all_the_same_on_a_thread() {}

#[test]
fn a_panic_in_the_function_harms_no_launch() {
    let (pools, threads) = (
        watch!(runs_all_the_same),
        watch!(runs_all_the_same_on_a_thread),
    );
    let gate = Gate::new();
    for _ in 0..4 {
        runs_all_the_same(gate.pass());
        runs_all_the_same_on_a_thread();
    }
    gate.reached_by(2);
    gate.open();
    pools.check(row!(launched: 4, ok: 4), &[]);
    threads.check(row!(launched: 4, ok: 4), &[]);
}

static BUSY_AT_ITS_START: Pool = Pool::new("busy at its start")
    .threads(1)
    .on_thread_start(|| {
        let unfinished = flush(PATIENCE).wait().unwrap_err();
        assert_eq!(unfinished.reason(), WhyUnfinished::InsideBody);
        is_launched_at_the_start(thread::current().id());
    });

#[fire_and_forget(backend = BUSY_AT_ITS_START)]
fn is_launched_at_the_start(by: ThreadId) {
    assert_eq!(by, thread::current().id());
}

#[test]
fn the_function_may_launch_on_its_own_pool_and_does_not_wait_for_itself() {
    let watched = watch!(is_launched_at_the_start);
    BUSY_AT_ITS_START.start();
    waiting::wait_until("it is launched", || {
        fire_and_forget::ledger().get(watched.name()).is_some()
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}
