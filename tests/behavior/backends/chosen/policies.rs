//! `on_full` and `max_in_flight` on the pool that was chosen.

use std::thread;

use fire_and_forget::{Backend, Pool, Refusal, fire_and_forget};
use waiting::{Gate, Pass, begin, in_time};

use super::pool;
use crate::recorder::{Class, row, watch};

/// Room for one body and one launch that waits.
fn pools() -> [&'static Pool; 2] {
    ["a", "b"].map(|name| pool(name, 1))
}

#[fire_and_forget(backend = pool)]
fn is_dropped(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[test]
fn a_full_pool_refuses_and_another_does_not() {
    let watched = watch!(is_dropped);
    let [a, b] = pools();
    let gate = Gate::new();
    for _ in 0..3 {
        is_dropped(a, gate.pass());
    }
    is_dropped(b, gate.pass());
    assert_eq!(watched.counts(), row!(launched: 4, refused: 1));
    let reports = watched.reports();
    assert_eq!(reports[0].class, Class::Refused(Refusal::Full));
    assert_eq!(reports[0].backend, "a");
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 4, ok: 3, refused: 1));
}

#[fire_and_forget(backend = pool, on_full = "reject")]
fn is_rejected(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = pool, on_full = "reject")]
async fn is_rejected_as_a_future(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[test]
fn a_rejected_launch_may_be_made_again_on_another_pool() {
    for (watched, launch) in [
        (watch!(is_rejected), is_rejected as fn(_, _) -> _),
        (watch!(is_rejected_as_a_future), is_rejected_as_a_future),
    ] {
        let [a, b] = pools();
        let gate = Gate::new();
        launch(a, gate.pass()).unwrap();
        launch(a, gate.pass()).unwrap();
        let rejected = launch(a, gate.pass()).unwrap_err();
        assert_eq!(rejected.reason(), Refusal::Full);
        let (pool, pass) = rejected.into_args();
        assert_eq!(pool.name(), "a");
        launch(b, pass).unwrap();
        gate.open();
        watched.check(row!(launched: 4, ok: 3, refused: 1), &[]);
    }
}

#[fire_and_forget(backend = pool, on_full = "caller_runs")]
fn is_run_by_its_caller(pool: &'static Pool, pass: Pass) {
    if thread::current().name() != Some("caller") {
        pass.wait();
    }
}

#[test]
fn the_caller_runs_what_its_pool_has_no_room_for() {
    let watched = watch!(is_run_by_its_caller);
    let [a, b] = pools();
    let gate = Gate::new();
    for _ in 0..2 {
        is_run_by_its_caller(a, gate.pass());
        is_run_by_its_caller(b, gate.pass());
    }
    let pass = gate.pass();
    let caller = thread::Builder::new().name("caller".into());
    let caller = caller.spawn(move || is_run_by_its_caller(a, pass)).unwrap();
    caller.join().unwrap();
    assert_eq!(watched.counts(), row!(launched: 5, ok: 1));
    gate.open();
    watched.check(row!(launched: 5, ok: 5), &[]);
}

#[fire_and_forget(backend = pool, on_full = "block")]
fn makes_its_caller_wait(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[test]
fn a_blocked_caller_waits_for_room_on_its_own_pool() {
    let watched = watch!(makes_its_caller_wait);
    let [a, b] = pools();
    let [of_a, of_b] = [Gate::new(), Gate::new()];
    for (pool, gate) in [(a, &of_a), (b, &of_b)] {
        for _ in 0..2 {
            let pass = gate.pass();
            in_time("there is room", move || makes_its_caller_wait(pool, pass));
        }
    }
    let pass = of_a.pass();
    let caller = begin(move || {
        makes_its_caller_wait(a, pass.clone());
        assert!(pass.is_open(), "the caller did not wait for its pool");
    });
    watched.wait_until(|counts| counts.launched == 5);
    // Room on the other pool, and a launch there, change nothing for it.
    of_b.open();
    watched.wait_until(|counts| counts.ok == 2);
    makes_its_caller_wait(b, Pass::open());
    watched.wait_until(|counts| counts.ok == 3);
    of_a.open();
    caller.end("a caller that waits for room goes on");
    watched.check(row!(launched: 6, ok: 6), &[]);
}

#[fire_and_forget(backend = pool, max_in_flight = 2)]
fn has_a_limit(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = pool, max_in_flight = 2, on_full = "block")]
fn has_a_limit_that_is_waited_for(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

#[test]
fn max_in_flight_is_one_limit_for_all_pools() {
    let watched = watch!(has_a_limit);
    let [a, b] = pools();
    let gate = Gate::new();
    has_a_limit(a, gate.pass());
    has_a_limit(b, gate.pass());
    has_a_limit(a, gate.pass());
    has_a_limit(b, gate.pass());
    assert_eq!(watched.counts(), row!(launched: 4, refused: 2));
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 4, ok: 2, refused: 2));
    has_a_limit(b, Pass::open());
    assert_eq!(watched.quiet(), row!(launched: 5, ok: 3, refused: 2));
}

#[test]
fn a_permit_that_returns_on_one_pool_is_for_a_caller_that_waits_for_another() {
    let watched = watch!(has_a_limit_that_is_waited_for);
    let [a, b] = pools();
    let [of_a, of_b] = [Gate::new(), Gate::new()];
    for (pool, gate) in [(a, &of_a), (b, &of_b)] {
        let pass = gate.pass();
        in_time("there is a permit", move || {
            has_a_limit_that_is_waited_for(pool, pass);
        });
    }
    let waited = of_b.pass();
    let caller = begin(move || {
        has_a_limit_that_is_waited_for(a, Pass::open());
        assert!(waited.is_open(), "the caller did not wait");
    });
    watched.wait_until(|counts| counts.launched == 3);
    of_b.open();
    caller.end("a caller that waits for a permit goes on");
    of_a.open();
    watched.check(row!(launched: 3, ok: 3), &[]);
}
