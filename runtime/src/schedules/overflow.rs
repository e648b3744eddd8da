//! Launches that find no room, under each policy.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shuttle::thread;

use super::{Callers, Gate, Ran, quiet, schedules};
use crate::queue::capacity::{Attempt, Permit, Room, wait_until_over};
use crate::sync::process::AtomicUsize;
use crate::{Pool, Threads, fire_and_forget, ledger};

schedules! {
    what_is_refused_is_counted
    what_is_rejected_comes_back
    whoever_waits_for_room_gets_it
    whoever_waits_for_room_on_threads_gets_it
    whoever_waits_for_room_gets_it_while_bodies_run
    whoever_waits_below_a_limit_gets_there
    whoever_waits_below_a_higher_limit_gets_there_first
    whoever_is_called_for_a_permit_too_many_calls_another
    whoever_a_permit_does_not_help_is_not_called
    whoever_finds_no_room_runs_it
    whoever_is_evicted_is_lost
    whoever_is_evicted_is_dropped_while_bodies_run
    whoever_is_evicted_holds_up_nobody
    pools_that_feed_each_other_go_on
}

static NARROW: Pool = Pool::new("narrow")
    .threads(1)
    .queue(1)
    .keep_alive(Duration::MAX);
static OTHER: Pool = Pool::new("other")
    .threads(1)
    .queue(1)
    .keep_alive(Duration::MAX);
static WIDE: Pool = Pool::new("wide")
    .threads(3)
    .queue(4)
    .keep_alive(Duration::MAX);
static NEWEST: Pool = Pool::new("newest")
    .threads(1)
    .queue(1)
    .drop_oldest()
    .keep_alive(Duration::MAX);
static THREADS: Threads = Threads::new("threads").max_threads(1).queue(1);

/// Two callers, each of which calls twice.
fn callers(call: fn(Ran)) -> Ran {
    let ran = Ran::default();
    let callers = Callers::begin(2, 2, {
        let ran = ran.clone();
        move || call(ran.clone())
    });
    callers.join();
    ran
}

fn check(ran: &Ran, what: impl Fn(u64) -> bool) {
    let counts = quiet();
    let ran = ran.count();
    assert_eq!(counts.launched, 4);
    assert_eq!(counts.ok, ran);
    assert!(what(ran), "{counts:?}");
    assert_eq!(counts.ok + counts.refused + counts.lost, 4);
}

#[fire_and_forget(crate = crate, backend = NARROW)]
fn may_be_refused(ran: Ran) {
    ran.add();
}

fn what_is_refused_is_counted() {
    check(&callers(may_be_refused), |ran| ran > 0);
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "reject")]
fn may_come_back(ran: Ran) {
    ran.add();
}

fn what_is_rejected_comes_back() {
    static CAME_BACK: AtomicU64 = AtomicU64::new(0);
    let ran = callers(|ran| {
        if may_come_back(ran).is_err() {
            CAME_BACK.fetch_add(1, Ordering::Relaxed);
        }
    });
    check(&ran, |ran| ran > 0);
    assert_eq!(quiet().refused, CAME_BACK.load(Ordering::Relaxed));
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block")]
fn waits(ran: Ran) {
    ran.add();
}

fn whoever_waits_for_room_gets_it() {
    check(&callers(waits), |ran| ran == 4);
}

#[fire_and_forget(crate = crate, backend = THREADS, on_full = "block")]
fn waits_for_a_thread(ran: Ran) {
    ran.add();
}

fn whoever_waits_for_room_on_threads_gets_it() {
    check(&callers(waits_for_a_thread), |ran| ran == 4);
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block")]
fn waits_in_the_pool(gate: Gate) {
    gate.wait();
}

#[fire_and_forget(crate = crate, backend = THREADS, on_full = "block")]
fn waits_on_its_thread(gate: Gate) {
    gate.wait();
}

/// The second launch has to get in before the first one may end.
fn whoever_waits_for_room_gets_it_while_bodies_run() {
    let gate = Gate::default();
    for _ in 0..2 {
        waits_in_the_pool(gate.clone());
        waits_on_its_thread(gate.clone());
    }
    gate.open();
    assert_eq!(quiet().ok, 4);
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block", max_in_flight = 1)]
fn waits_below_a_limit(ran: Ran) {
    ran.add();
}

fn whoever_waits_below_a_limit_gets_there() {
    check(&callers(waits_below_a_limit), |ran| ran == 4);
}

#[fire_and_forget(crate = crate, backend = WIDE, on_full = "block", max_in_flight = limit)]
fn waits_below_its_own_limit(limit: usize, begun: Gate, goes_on: Gate) {
    begun.open();
    goes_on.wait();
}

fn open() -> Gate {
    let open = Gate::default();
    open.open();
    open
}

/// A permit beyond the limit of the first waiter is within that of the second, which lets the others go on.
fn whoever_waits_below_a_higher_limit_gets_there_first() {
    let [first, last] = [Gate::default(), Gate::default()];
    waits_below_its_own_limit(2, Gate::default(), first.clone());
    waits_below_its_own_limit(2, Gate::default(), last.clone());
    let callers = [(1, Gate::default()), (2, last)].map(|(limit, begun)| {
        thread::spawn(move || waits_below_its_own_limit(limit, begun, open()))
    });
    first.open();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(quiet().ok, 4);
}

/// One of the three callers may be woken when there are two permits, and find one of them gone. The two others need both.
fn whoever_is_called_for_a_permit_too_many_calls_another() {
    let [first, met] = [Gate::default(), Gate::default()];
    for _ in 0..2 {
        waits_below_its_own_limit(2, Gate::default(), first.clone());
    }
    let callers = [
        (1, Gate::default(), open()),
        (2, Gate::default(), met.clone()),
        (2, met, open()),
    ]
    .map(|(limit, begun, goes_on)| {
        thread::spawn(move || waits_below_its_own_limit(limit, begun, goes_on))
    });
    first.open();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(quiet().ok, 5);
}

/// Each of the two callers needs that no permit is out, so the first permit that comes back helps neither.
fn whoever_a_permit_does_not_help_is_not_called() {
    static ROOM: Room = Room::new();
    static OUT: AtomicUsize = AtomicUsize::new(2);
    let give_back = || ROOM.freed_permit(OUT.fetch_sub(1, Ordering::SeqCst) - 1);
    let looks = Ran::default();
    let callers = Callers::begin(2, 1, {
        let looks = looks.clone();
        move || {
            wait_until_over(|| {
                looks.add();
                match OUT.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => Attempt::Over,
                    Err(_) => Attempt::Full(Some((&ROOM, Some(Permit::new(1, &OUT))))),
                }
            });
            give_back();
        }
    });
    // Each caller has made one attempt before it is in the list of waiters, and one after that.
    while looks.count() < 4 {
        thread::yield_now();
    }
    give_back();
    (0..100).for_each(|_| thread::yield_now());
    assert_eq!(looks.count(), 4);
    give_back();
    callers.join();
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "caller_runs")]
fn may_run_here(ran: Ran) {
    ran.add();
}

fn whoever_finds_no_room_runs_it() {
    check(&callers(may_run_here), |ran| ran == 4);
}

#[fire_and_forget(crate = crate, backend = NEWEST)]
fn may_be_evicted(ran: Ran) {
    ran.add();
}

fn whoever_is_evicted_is_lost() {
    check(&callers(may_be_evicted), |ran| ran > 0);
    assert_eq!(quiet().refused, 0);
}

#[fire_and_forget(crate = crate, backend = NEWEST)]
fn waits_or_is_evicted(gate: Gate) {
    gate.wait();
}

/// No later event makes up for an eviction that no thread has seen.
fn whoever_is_evicted_is_dropped_while_bodies_run() {
    let gate = Gate::default();
    let callers = Callers::begin(2, 5, {
        let gate = gate.clone();
        move || waits_or_is_evicted(gate.clone())
    });
    callers.join();
    // One body runs, and one launch waits.
    while ledger().total().in_flight() > 2 {
        thread::yield_now();
    }
    gate.open();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (10, 10));
}

/// Blocks in its destructor until the gate opens.
struct Stuck(Gate);

impl Drop for Stuck {
    fn drop(&mut self) {
        self.0.wait();
    }
}

#[fire_and_forget(crate = crate, backend = NEWEST)]
fn is_stuck_when_evicted(body: Gate, argument: Option<Stuck>) {
    body.wait();
    drop(argument);
}

#[fire_and_forget(crate = crate, backend = THREADS)]
fn lets_go(destructor: Gate) {
    destructor.open();
}

/// The destructors wait for a launch whose thread has yet to be created.
fn whoever_is_evicted_holds_up_nobody() {
    let (body, destructor) = (Gate::default(), Gate::default());
    for _ in 0..3 {
        is_stuck_when_evicted(body.clone(), Some(Stuck(destructor.clone())));
    }
    lets_go(destructor);
    body.open();
    let counts = quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (4, 4));
}

#[fire_and_forget(crate = crate, backend = NARROW, on_full = "block")]
fn to(left: u64, ran: Ran) {
    ran.add();
    if left > 0 {
        fro(left - 1, ran);
    }
}

#[fire_and_forget(crate = crate, backend = OTHER, on_full = "block")]
fn fro(left: u64, ran: Ran) {
    ran.add();
    if left > 0 {
        to(left - 1, ran);
    }
}

fn pools_that_feed_each_other_go_on() {
    let ran = Ran::default();
    for _ in 0..2 {
        to(2, ran.clone());
        fro(2, ran.clone());
    }
    assert_eq!(quiet().ok, 12);
    assert_eq!(ran.count(), 12);
}
