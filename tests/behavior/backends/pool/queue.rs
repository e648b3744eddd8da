//! The queue of a pool: first in, first out, and what gives way where the newest counts.

use std::sync::mpsc::Sender;
use std::thread;

use fire_and_forget::{Loss, Pool, fire_and_forget};
use waiting::{Gate, Pass, Sticky, signal};

use crate::recorder::{Class, row, watch};
use crate::values::drops::{Drops, PanicsWhenDropped, Tracked};

static ORDERED: Pool = Pool::new("ordered").threads(1);

#[fire_and_forget(backend = ORDERED)]
fn keeps_its_place(done: Sender<u32>, number: u32) {
    let _ = done.send(number);
}

#[test]
fn a_pool_of_one_thread_is_first_in_first_out() {
    let watched = watch!(keeps_its_place);
    let (done, numbers) = signal();
    for number in 0..5000 {
        keeps_its_place(done.clone(), number);
    }
    assert!(numbers.receive_many(5000).into_iter().eq(0..5000));
    watched.check(row!(launched: 5000, ok: 5000), &[]);
}

static LATEST: Pool = Pool::new("latest").threads(1).queue(2).drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn may_be_evicted(done: Sender<u32>, number: u32, pass: Pass, _argument: Tracked) {
    let _ = done.send(number);
    pass.wait();
}

#[test]
fn a_full_pool_evicts_its_oldest_launch() {
    let watched = watch!(may_be_evicted);
    let gate = Gate::new();
    let drops = Drops::new();
    let (done, numbers) = signal();
    may_be_evicted(done.clone(), 0, gate.pass(), drops.tracked());
    assert_eq!(numbers.receive(), 0);
    for number in 1..=6 {
        may_be_evicted(done.clone(), number, gate.pass(), drops.tracked());
    }
    // The service thread drops them, off the caller's path.
    watched.wait_until(|counts| counts.lost == 4);
    assert_eq!(drops.count(), 4);
    gate.open();
    assert_eq!(numbers.receive_many(2), [5, 6]);
    watched.check(
        row!(launched: 7, ok: 3, lost: 4),
        &["was lost: a newer launch took its place in the full queue"; 4],
    );
    for report in watched.reports() {
        assert_eq!(report.class, Class::Lost(Loss::Evicted));
        assert_ne!(report.thread, thread::current().id());
    }
    assert_eq!(drops.count(), 7);
}

static EVICTING: Pool = Pool::new("evicting").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = EVICTING)]
fn has_an_argument_that_panics(pass: Pass, argument: Option<PanicsWhenDropped>) {
    pass.wait();
    drop(argument);
}

// Pitfall 4.
#[test]
fn an_evicted_argument_whose_drop_panics_is_reported() {
    let watched = watch!(has_an_argument_that_panics);
    let gate = Gate::holding(|pass| has_an_argument_that_panics(pass, None));
    has_an_argument_that_panics(gate.pass(), Some(PanicsWhenDropped));
    has_an_argument_that_panics(gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 1);
    has_an_argument_that_panics(gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 2);
    gate.open();
    watched.check(
        row!(launched: 4, ok: 2, lost: 2),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: a newer launch took its place in the full queue",
            "was lost: a newer launch took its place in the full queue",
        ],
    );
}

static EVICTING_WITH_DESTRUCTORS: Pool = Pool::new("destroying").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = EVICTING_WITH_DESTRUCTORS)]
fn launches_again_when_evicted(begun: Sender<u32>, pass: Pass, argument: Option<Relaunch>) {
    let _ = begun.send(argument.map_or(0, Relaunch::disarm));
    pass.wait();
}

/// Launches one more of its kind when it is dropped, until none is left.
struct Relaunch {
    left: u32,
    begun: Sender<u32>,
    pass: Pass,
}

impl Relaunch {
    fn disarm(mut self) -> u32 {
        std::mem::take(&mut self.left)
    }
}

impl Drop for Relaunch {
    fn drop(&mut self) {
        let Some(left) = self.left.checked_sub(1) else {
            return;
        };
        let next = Self {
            left,
            begun: self.begun.clone(),
            pass: self.pass.clone(),
        };
        launches_again_when_evicted(self.begun.clone(), self.pass.clone(), Some(next));
    }
}

// Pitfall 14: each eviction launches onto the same full pool, and so evicts again.
#[test]
fn a_destructor_of_an_evicted_argument_may_launch_on_the_same_pool() {
    let watched = watch!(launches_again_when_evicted);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    launches_again_when_evicted(begun.clone(), gate.pass(), None);
    assert_eq!(beginnings.receive(), 0);
    let first = Relaunch {
        left: 5,
        begun: begun.clone(),
        pass: gate.pass(),
    };
    launches_again_when_evicted(begun.clone(), gate.pass(), Some(first));
    // Evicts the first, whose destructor evicts this one and is queued itself.
    launches_again_when_evicted(begun, gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 2);
    gate.open();
    assert_eq!(beginnings.receive(), 4);
    assert_eq!(watched.quiet(), row!(launched: 4, ok: 2, lost: 2));
}

static STUCK: Pool = Pool::new("stuck").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = STUCK)]
fn has_an_argument_that_is_stuck(pass: Pass, argument: Option<Sticky>) {
    pass.wait();
    drop(argument);
}

/// Needs somebody to create its thread.
#[fire_and_forget(backend = "thread")]
fn needs_a_thread(done: Sender<()>) {
    let _ = done.send(());
}

static OTHERS: Pool = Pool::new("others").threads(1);

#[fire_and_forget(backend = OTHERS)]
fn needs_a_pool(done: Sender<()>) {
    let _ = done.send(());
}

#[test]
fn a_destructor_of_an_evicted_argument_that_is_stuck_holds_up_no_other_launch() {
    let watched = watch!(has_an_argument_that_is_stuck);
    let destructor = Gate::new();
    let body = Gate::holding(|pass| has_an_argument_that_is_stuck(pass, None));
    has_an_argument_that_is_stuck(body.pass(), Some(Sticky(destructor.pass())));
    has_an_argument_that_is_stuck(body.pass(), None);
    destructor.reached_by(1);
    let (done, ended) = signal();
    needs_a_thread(done.clone());
    needs_a_pool(done);
    ended.receive_many(2);
    OTHERS.flush(waiting::PATIENCE).wait().unwrap();
    assert_eq!(watched.counts().in_flight(), 3);
    destructor.open();
    body.open();
    watched.check(
        row!(launched: 3, ok: 2, lost: 1),
        &["was lost: a newer launch took its place in the full queue"],
    );
}
