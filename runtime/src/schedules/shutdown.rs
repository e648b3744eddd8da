//! Shutdown, with launches in every state.

use std::time::Duration;

use shuttle::thread;

use super::{Callers, Gate, Ran, quiet, schedules};
use crate::stop::phase::has_ended;
use crate::{Pool, Threads, fire_and_forget, shutdown};

schedules! {
    a_burst_is_worked_off_before_the_threads_leave
    bodies_launch_on_while_it_goes_on
    callers_race_with_it
    callers_race_with_its_deadline
    first_launches_race_with_its_deadline
    a_second_call_waits_with_the_first
    it_goes_on_when_nobody_waits
    blocked_callers_are_let_go
    blocked_callers_are_let_go_while_bodies_run
    launches_with_a_thread_each_end_with_it
    it_ends_where_threads_are_refused
    it_ends_where_threads_are_refused_and_the_deadline_comes
}

static POOL: Pool = Pool::new("pool")
    .threads(2)
    .queue(4)
    .keep_alive(Duration::MAX);
static NARROW: Pool = Pool::new("narrow")
    .threads(1)
    .queue(1)
    .keep_alive(Duration::MAX);
static THREADS: Threads = Threads::new("threads").max_threads(2).queue(4);

#[fire_and_forget(crate = crate, backend = POOL)]
fn runs(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = POOL)]
fn launches_on(left: u64, ran: Ran) {
    ran.add();
    if left > 0 {
        launches_on(left - 1, ran);
    }
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block")]
fn is_waited_for(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = THREADS)]
fn has_a_thread(ran: Ran) {
    ran.add();
}

fn a_burst_is_worked_off_before_the_threads_leave() {
    let done = Ran::default();
    for _ in 0..4 {
        runs(done.clone());
    }
    shutdown(Duration::MAX).wait().unwrap();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok, done.count()), (4, 4, 4));
}

fn bodies_launch_on_while_it_goes_on() {
    let done = Ran::default();
    launches_on(3, done.clone());
    shutdown(Duration::MAX).wait().unwrap();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok, done.count()), (4, 4, 4));
}

fn callers_race_with_it() {
    let done = Ran::default();
    let callers = Callers::begin(2, 2, {
        let done = done.clone();
        move || runs(done.clone())
    });
    shutdown(Duration::MAX).wait().unwrap();
    callers.join();
    let counts = quiet();
    assert_eq!(counts.launched, 4);
    assert_eq!(counts.ok, done.count());
    assert_eq!(counts.ok + counts.refused, 4);
}

fn callers_race_with_its_deadline() {
    let done = Ran::default();
    let caller = thread::spawn({
        let done = done.clone();
        move || {
            for _ in 0..3 {
                runs(done.clone());
            }
            launches_on(1, done);
        }
    });
    let _ = shutdown(Duration::ZERO).wait();
    caller.join().unwrap();
    let counts = quiet();
    assert!(counts.launched >= 4);
    assert_eq!(counts.ok, done.count());
    assert_eq!(counts.ok + counts.refused + counts.lost, counts.launched);
}

/// One launch may be the one that a thread is to be created for; the others come when that thread never will be.
fn first_launches_race_with_its_deadline() {
    let done = Ran::default();
    let callers = Callers::begin(3, 1, {
        let done = done.clone();
        move || runs(done.clone())
    });
    let _ = shutdown(Duration::ZERO).wait();
    callers.join();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok), (3, done.count()));
    assert_eq!(counts.ok + counts.refused + counts.lost, 3);
}

fn a_second_call_waits_with_the_first() {
    let done = Ran::default();
    runs(done.clone());
    let second = thread::spawn(|| shutdown(Duration::MAX).wait());
    shutdown(Duration::MAX).wait().unwrap();
    second.join().unwrap().unwrap();
    assert_eq!((quiet().ok, done.count()), (1, 1));
}

fn it_goes_on_when_nobody_waits() {
    let done = Ran::default();
    runs(done.clone());
    quiet();
    drop(shutdown(Duration::MAX));
    while !has_ended() {
        thread::yield_now();
    }
    assert_eq!(done.count(), 1);
}

fn blocked_callers_are_let_go() {
    let done = Ran::default();
    let callers = Callers::begin(2, 2, {
        let done = done.clone();
        move || is_waited_for(done.clone())
    });
    let _ = shutdown(Duration::ZERO).wait();
    callers.join();
    let counts = quiet();
    assert_eq!(counts.launched, 4);
    assert_eq!(counts.ok, done.count());
    assert_eq!(counts.ok + counts.refused + counts.lost, 4);
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block")]
fn waits_for(gate: Gate) {
    gate.wait();
}

/// There is no room for the third launch until the caller itself makes it.
fn blocked_callers_are_let_go_while_bodies_run() {
    let gate = Gate::default();
    let caller = thread::spawn({
        let gate = gate.clone();
        move || {
            for _ in 0..3 {
                waits_for(gate.clone());
            }
            gate.open();
        }
    });
    while !NARROW.is_awaited() {
        thread::yield_now();
    }
    shutdown(Duration::MAX).wait().unwrap();
    caller.join().unwrap();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok + counts.refused), (3, 3));
}

fn launches_with_a_thread_each_end_with_it() {
    let done = Ran::default();
    for _ in 0..3 {
        has_a_thread(done.clone());
    }
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!((quiet().ok, done.count()), (3, 3));
}

fn it_ends_where_threads_are_refused() {
    crate::sync::process::thread::refuse_threads();
    let done = Ran::default();
    for _ in 0..2 {
        runs(done.clone());
        has_a_thread(done.clone());
    }
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!((quiet().ok, done.count()), (4, 4));
}

fn it_ends_where_threads_are_refused_and_the_deadline_comes() {
    crate::sync::process::thread::refuse_threads();
    let done = Ran::default();
    for _ in 0..2 {
        runs(done.clone());
        has_a_thread(done.clone());
    }
    let _ = shutdown(Duration::from_millis(15)).wait();
    let counts = quiet();
    assert_eq!(counts.ok, done.count());
    assert_eq!(counts.ok + counts.lost, 4);
}
