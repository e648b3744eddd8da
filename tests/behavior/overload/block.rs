//! Under `block` the caller waits for room; a worker never does.

use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Pool, fire_and_forget};
use waiting::{Gate, Pass, begin, in_time, signal};

use crate::recorder::{row, watch};

small!(BLOCK, NESTED);

#[fire_and_forget(backend = BLOCK, on_full = "block")]
fn makes_its_caller_wait(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_blocked_caller_goes_on_when_there_is_room() {
    let watched = watch!(makes_its_caller_wait);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    let launch = |number| {
        let (begun, pass) = (begun.clone(), gate.pass());
        begin(move || makes_its_caller_wait(begun, number, pass))
    };
    launch(1).end("the first has a thread");
    assert_eq!(numbers.receive(), 1);
    launch(2).end("the second has room in the queue");
    let callers: Vec<_> = (3..6)
        .map(|number| {
            let (begun, pass) = (begun.clone(), gate.pass());
            begin(move || {
                makes_its_caller_wait(begun, number, pass.clone());
                assert!(pass.is_open(), "the caller did not wait");
            })
        })
        .collect();
    watched.wait_until(|counts| counts.launched == 5);
    gate.open();
    for caller in callers {
        caller.end("a caller that waits for room goes on");
    }
    watched.check(row!(launched: 5, ok: 5), &[]);
    assert_eq!(numbers.so_far().len(), 4);
}

#[fire_and_forget(on_full = "block", max_in_flight = 1)]
fn makes_its_caller_wait_for_a_permit(pass: Pass) {
    pass.wait();
}

#[test]
fn a_caller_blocked_by_max_in_flight_goes_on_when_a_permit_returns() {
    let watched = watch!(makes_its_caller_wait_for_a_permit);
    let gate = Gate::new();
    let pass = gate.pass();
    in_time("the first has a permit", || {
        makes_its_caller_wait_for_a_permit(pass);
    });
    let pass = gate.pass();
    let caller = begin(move || {
        makes_its_caller_wait_for_a_permit(pass.clone());
        assert!(pass.is_open(), "the caller did not wait");
    });
    watched.wait_until(|counts| counts.launched == 2);
    gate.open();
    caller.end("a caller that waits for a permit goes on");
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget(backend = NESTED, on_full = "block")]
fn blocks_in_a_worker(done: Sender<ThreadId>, depth: u32) {
    let _ = done.send(thread::current().id());
    for _ in 0..depth {
        blocks_in_a_worker(done.clone(), depth - 1);
    }
}

// Pitfall 12.
#[test]
fn block_in_a_worker_of_the_same_pool_runs_in_place() {
    let watched = watch!(blocks_in_a_worker);
    let (done, ids) = signal();
    in_time("the first has a thread", || blocks_in_a_worker(done, 4));
    // 1 + 4 + 4·3 + 4·3·2 + 4·3·2·1
    let ids = ids.receive_many(65);
    assert!(ids.iter().all(|id| *id == ids[0]), "a pool of one thread");
    watched.check(row!(launched: 65, ok: 65), &[]);
}

#[fire_and_forget(backend = ROOMY, on_full = "block", max_in_flight = limit)]
fn has_a_limit_from_a_file(limit: usize) {
    let _ = limit;
}

#[test]
fn a_limit_of_zero_is_not_waited_for() {
    let watched = watch!(has_a_limit_from_a_file);
    in_time("none may be in flight", || has_a_limit_from_a_file(0));
    has_a_limit_from_a_file(1);
    watched.check(
        row!(launched: 2, ok: 1, refused: 1),
        &["was refused: the function's limit of launches in flight is reached (see `max_in_flight`)"],
    );
}

static ROOMY: Pool = Pool::new("roomy").threads(4);

#[fire_and_forget(backend = ROOMY, on_full = "block", max_in_flight = limit)]
fn waits_below_its_own_limit(limit: usize, begun: Sender<usize>, pass: Pass) {
    let _ = begun.send(limit);
    pass.wait();
}

/// A permit that is one too many for who has waited longest is not for others.
#[test]
fn a_caller_with_a_higher_limit_passes_one_with_a_lower_limit() {
    let watched = watch!(waits_below_its_own_limit);
    let (first, second, last) = (Gate::new(), Gate::new(), Gate::new());
    let (begun, limits) = signal();
    waits_below_its_own_limit(2, begun.clone(), first.pass());
    waits_below_its_own_limit(2, begun.clone(), second.pass());
    assert_eq!([limits.receive(), limits.receive()], [2, 2]);
    let launch = |limit| {
        let (begun, pass) = (begun.clone(), last.pass());
        begin(move || waits_below_its_own_limit(limit, begun, pass))
    };
    let lower = launch(1);
    watched.wait_until(|counts| counts.launched == 3);
    let higher = launch(2);
    watched.wait_until(|counts| counts.launched == 4);
    first.open();
    assert_eq!(limits.receive(), 2);
    higher.end("two may run at once");
    last.open();
    second.open();
    lower.end("it is alone");
    watched.check(row!(launched: 4, ok: 4), &[]);
    assert_eq!(limits.receive(), 1);
}
