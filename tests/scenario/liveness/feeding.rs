//! Pools that feed each other, and one that feeds itself: no caller waits for ever.

use std::hint::black_box;
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Pool, fire_and_forget, flush};
use waiting::{PATIENCE, begin, in_time, signal};

use crate::{counts, named};

crate::scenarios!(
    pools_that_feed_each_other,
    block_in_a_worker_runs_in_place,
    a_body_that_launches_its_successor,
    bodies_that_call_much,
);

static A: Pool = Pool::new("a").threads(1).queue(1);
static B: Pool = Pool::new("b").threads(1).queue(1);
static C: Pool = Pool::new("c").threads(1).queue(1);

#[fire_and_forget(backend = A, on_full = "block")]
fn on_a(left: u32) {
    for _ in 0..left {
        on_b(left - 1);
    }
}

#[fire_and_forget(backend = B, on_full = "block")]
fn on_b(left: u32) {
    for _ in 0..left {
        on_c(left - 1);
    }
}

#[fire_and_forget(backend = C, on_full = "block", max_in_flight = 1)]
fn on_c(left: u32) {
    for _ in 0..left {
        on_a(left - 1);
    }
}

/// Pitfall 12: each pool is full of launches that wait for room in the next.
fn pools_that_feed_each_other() {
    let callers: Vec<_> = (0..3)
        .map(|_| {
            begin(|| {
                on_a(5);
                on_b(5);
                on_c(5);
            })
        })
        .collect();
    for caller in callers {
        caller.end("a caller has launched all of its own");
    }
    flush(PATIENCE).wait().unwrap();
    // A tree of depth 5: 1 + 5 + 5·4 + 5·4·3 + 5·4·3·2 + 5·4·3·2·1, nine times.
    let total = fire_and_forget::ledger().total();
    assert_eq!((total.launched, total.ok), (9 * 326, 9 * 326));
}

static SINGLE: Pool = Pool::new("single").threads(1).queue(1);

#[fire_and_forget(backend = SINGLE, on_full = "block")]
fn outer(ids: Sender<(&'static str, ThreadId)>) {
    let say = |what| {
        let _ = ids.send((what, thread::current().id()));
    };
    inner(ids.clone(), "queued");
    inner(ids.clone(), "in place");
    say("outer");
}

#[fire_and_forget(backend = SINGLE, on_full = "block")]
fn inner(ids: Sender<(&'static str, ThreadId)>, what: &'static str) {
    let _ = ids.send((what, thread::current().id()));
}

/// Pitfall 12.
fn block_in_a_worker_runs_in_place() {
    let (ids, received) = signal();
    in_time("the first has a thread", || outer(ids));
    let ended = received.receive_many(3);
    for (what, id) in &ended {
        assert_eq!(*id, ended[0].1);
        println!("{what}");
    }
    // The last has sent its message, and may not have ended.
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget(max_in_flight = 1, on_full = "block")]
fn blocks_for_its_successor() {
    blocks_for_its_successor();
}

#[fire_and_forget(max_in_flight = 1, on_full = "caller_runs")]
fn runs_its_successor() {
    runs_its_successor();
}

/// There never is room for the next one, and the stack does not reach for all of them.
fn a_body_that_launches_its_successor() {
    blocks_for_its_successor();
    runs_its_successor();
    flush(PATIENCE).wait().unwrap();
    for function in [named!(blocks_for_its_successor), named!(runs_its_successor)] {
        assert_eq!(counts(function), [65, 64, 0, 0, 0, 1]);
    }
}

#[inline(never)]
fn has_a_local() {
    let local = 0_u8;
    black_box(&local);
}

#[fire_and_forget(backend = SINGLE, on_full = "block", max_in_flight = 1)]
fn calls_much(left: u32) {
    (0..20_000).for_each(|_| has_a_local());
    if left > 0 {
        calls_much(left - 1);
    }
}

/// What they have called and has returned takes no stack: 20 of them are in each other.
fn bodies_that_call_much() {
    calls_much(20);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(calls_much)), [21, 21, 0, 0, 0, 0]);
}
