//! A subscriber that panics harms no launch.

use std::panic::resume_unwind;

use fire_and_forget::{Pool, fire_and_forget};
use tracing::dispatcher::with_default;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

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
