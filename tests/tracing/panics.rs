//! A subscriber that panics harms no launch.

use std::mem::forget;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, Ordering};

use fire_and_forget::{Pool, fire_and_forget};
use tracing::dispatcher::{set_default, with_default};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use waiting::{Gate, Pass};

use crate::recorded::quiet;

#[derive(Clone, Copy, PartialEq)]
enum On {
    New,
    Enter,
    Exit,
    Close,
}

/// Panics when that happens to a span.
struct Panics(On);

impl Panics {
    fn at(&self, on: On) {
        if self.0 == on {
            resume_unwind(Box::new("without a word from the hook"));
        }
    }
}

impl<S: Subscriber> Layer<S> for Panics {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.at(On::New);
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.at(On::Enter);
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        self.at(On::Exit);
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.at(On::Close);
    }
}

static ONE: Pool = Pool::new("one").threads(1);

#[fire_and_forget(name = "unharmed", backend = ONE)]
fn unharmed() {}

#[fire_and_forget(name = "unharmed task")]
async fn unharmed_task() {}

#[test]
fn a_subscriber_that_panics_harms_no_launch() {
    for on in [On::New, On::Enter, On::Exit, On::Close] {
        let dispatch = Dispatch::new(Registry::default().with(Panics(on)));
        with_default(&dispatch, || {
            unharmed();
            unharmed_task();
        });
    }
    unharmed();
    unharmed_task();
    for function in ["unharmed", "unharmed task"] {
        assert_eq!(quiet(function).ok, 5);
    }
}

/// Panics when a span is closed, and when it is itself dropped.
struct PanicsTwice;

impl<S: Subscriber> Layer<S> for PanicsTwice {
    fn on_close(&self, _: Id, _: Context<'_, S>) {
        Panics(On::Close).at(On::Close);
    }
}

impl Drop for PanicsTwice {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
        resume_unwind(Box::new("without a word from the hook"));
    }
}

static DROPPED: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(name = "unharmed twice", backend = ONE)]
fn unharmed_twice(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(name = "leaves a default", backend = ONE)]
fn leaves_a_default() {
    forget(set_default(&Dispatch::new(
        Registry::default().with(PanicsTwice),
    )));
    resume_unwind(Box::new("while the default of this thread is another"));
}

#[test]
fn a_subscriber_that_panics_at_a_span_and_when_it_is_dropped_harms_no_launch() {
    let gate = Gate::new();
    let dispatch = Dispatch::new(Registry::default().with(PanicsTwice));
    with_default(&dispatch, || unharmed_twice(gate.pass()));
    // The launch has the last one.
    drop(dispatch);
    gate.open();
    assert_eq!(quiet("unharmed twice").ok, 1);
    let dispatch = Dispatch::new(Registry::default());
    with_default(&dispatch, leaves_a_default);
    assert_eq!(quiet("leaves a default").panicked, 1);
    assert_eq!(DROPPED.load(Ordering::SeqCst), 2);
}
