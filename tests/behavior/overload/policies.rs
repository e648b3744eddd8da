//! A full queue under `drop`, `reject` and `caller_runs`.

use std::panic::catch_unwind;
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Pool, Refusal, fire_and_forget};
use waiting::{Gate, Pass, signal};

use crate::recorder::{Class, row, watch};
use crate::values::ends::{End, Failure, end};

small!(DROP, REJECT, CALLER_RUNS, CALLER_PANICS);

#[fire_and_forget(backend = DROP)]
fn is_dropped(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_launch_that_does_not_fit_is_dropped_and_reported() {
    let watched = watch!(is_dropped);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    is_dropped(begun.clone(), 1, gate.pass());
    assert_eq!(numbers.receive(), 1);
    is_dropped(begun.clone(), 2, gate.pass());
    is_dropped(begun, 3, gate.pass());
    let report = &watched.reports()[0];
    assert_eq!(report.class, Class::Refused(Refusal::Full));
    assert_eq!(report.thread, thread::current().id());
    gate.open();
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
    assert_eq!(numbers.so_far(), [2]);
}

#[fire_and_forget(backend = REJECT, on_full = "reject")]
fn is_rejected(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_launch_that_does_not_fit_is_given_back_and_can_be_made_again() {
    let watched = watch!(is_rejected);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    is_rejected(begun.clone(), 1, gate.pass()).unwrap();
    assert_eq!(numbers.receive(), 1);
    is_rejected(begun.clone(), 2, gate.pass()).unwrap();
    let rejected = is_rejected(begun, 3, gate.pass()).unwrap_err();
    assert_eq!(rejected.reason(), Refusal::Full);
    assert_eq!(rejected.to_string(), "launch refused: the queue is full");
    assert_eq!(format!("{rejected:?}"), "Rejected { reason: Full, .. }");
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 3, ok: 2, refused: 1));
    let (begun, number, pass) = rejected.into_args();
    is_rejected(begun, number, pass).unwrap();
    watched.check(row!(launched: 4, ok: 3, refused: 1), &[]);
    assert_eq!(numbers.so_far(), [2, 3]);
}

#[fire_and_forget(backend = CALLER_RUNS, on_full = "caller_runs")]
fn runs_in_its_caller(begun: Sender<ThreadId>, pass: Pass) {
    let _ = begun.send(thread::current().id());
    pass.wait();
}

#[test]
fn the_caller_runs_what_does_not_fit() {
    let watched = watch!(runs_in_its_caller);
    let gate = Gate::new();
    let (begun, ids) = signal();
    runs_in_its_caller(begun.clone(), gate.pass());
    let worker = ids.receive();
    runs_in_its_caller(begun.clone(), gate.pass());
    runs_in_its_caller(begun, Pass::open());
    assert_eq!(ids.receive(), thread::current().id());
    assert_eq!(watched.counts(), row!(launched: 3, ok: 1));
    gate.open();
    watched.check(row!(launched: 3, ok: 3), &[]);
    assert_eq!(ids.receive(), worker);
}

#[fire_and_forget(backend = CALLER_PANICS, on_full = "caller_runs")]
fn panics_in_its_caller(pass: Pass, how: End) -> Result<(), Failure> {
    pass.wait();
    end(how)
}

#[test]
fn a_panic_in_a_body_that_the_caller_runs_does_not_reach_the_caller() {
    let watched = watch!(panics_in_its_caller);
    let gate = Gate::holding(|pass| panics_in_its_caller(pass, End::Ok));
    panics_in_its_caller(gate.pass(), End::Ok);
    let call = catch_unwind(|| panics_in_its_caller(Pass::open(), End::Panicked));
    assert!(call.is_ok(), "the launcher panicked");
    panics_in_its_caller(Pass::open(), End::Failed);
    gate.open();
    watched.check(
        row!(launched: 4, ok: 2, failed: 1, panicked: 1),
        &["panicked: deliberate", "failed: as it was told"],
    );
}
