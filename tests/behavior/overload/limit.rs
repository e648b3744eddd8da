//! The function's own limit: when it is evaluated, and that its permits return.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use fire_and_forget::{Backend, Refusal, Task, fire_and_forget};
use waiting::{Gate, Pass};

use crate::recorder::{row, watch};

#[fire_and_forget(max_in_flight = LIMIT.load(Ordering::Relaxed))]
fn has_a_limit_that_changes(pass: Pass) {
    pass.wait();
}

static LIMIT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn max_in_flight_is_evaluated_at_each_launch() {
    let watched = watch!(has_a_limit_that_changes);
    let gate = Gate::new();
    has_a_limit_that_changes(gate.pass());
    assert_eq!(watched.counts(), row!(launched: 1, refused: 1));
    LIMIT.store(2, Ordering::Relaxed);
    for _ in 0..3 {
        has_a_limit_that_changes(gate.pass());
    }
    assert_eq!(watched.counts(), row!(launched: 4, refused: 2));
    LIMIT.store(usize::MAX, Ordering::Relaxed);
    has_a_limit_that_changes(gate.pass());
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 5, ok: 3, refused: 2));
}

/// Refuses while it is told to.
struct Fickle {
    refuses: AtomicBool,
}

impl Backend for Fickle {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(task);
        }
        thread::spawn(move || task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "fickle"
    }
}

static FICKLE: Fickle = Fickle {
    refuses: AtomicBool::new(true),
};

#[fire_and_forget(backend = FICKLE, max_in_flight = 2)]
fn is_refused_by_its_backend(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = FICKLE, max_in_flight = 1, on_full = "reject")]
fn is_given_back_by_its_backend(number: u32) {
    assert_eq!(number, 10);
}

// Pitfall 11: a permit that was taken before the backend refused.
#[test]
fn a_permit_returns_when_the_backend_refuses() {
    let watched = watch!(is_refused_by_its_backend);
    let rejecting = watch!(is_given_back_by_its_backend);
    for number in 0..10 {
        is_refused_by_its_backend(Pass::open());
        let rejected = is_given_back_by_its_backend(number).unwrap_err();
        assert_eq!(rejected.reason(), Refusal::Full);
        assert_eq!(rejected.into_args(), (number,));
    }
    watched.check(
        row!(launched: 10, refused: 10),
        &["was refused: the queue is full"; 10],
    );
    FICKLE.refuses.store(false, Ordering::SeqCst);
    let gate = Gate::new();
    for _ in 0..3 {
        is_refused_by_its_backend(gate.pass());
    }
    assert_eq!(watched.counts(), row!(launched: 13, refused: 11));
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 13, ok: 2, refused: 11));
    is_given_back_by_its_backend(10).unwrap();
    rejecting.check(row!(launched: 11, ok: 1, refused: 10), &[]);
}
