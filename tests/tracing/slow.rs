//! A subscriber that is slow holds up the launch whose span it enters, and no other.

use fire_and_forget::{Pool, fire_and_forget};
use tracing::dispatcher::with_default;
use tracing::span::Id;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use waiting::{Gate, PATIENCE, Pass, in_time};

/// Waits when a span is entered.
struct Slow(Pass);

impl<S: Subscriber> Layer<S> for Slow {
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.0.wait();
    }
}

static ONE: Pool = Pool::new("one").threads(1).queue(1);

#[fire_and_forget(backend = ONE)]
fn is_entered_slowly() {}

#[fire_and_forget(backend = ONE)]
fn comes_after_it() {}

#[test]
fn a_launch_whose_span_is_being_entered_has_left_its_slot() {
    let gate = Gate::new();
    with_default(
        &Dispatch::new(Registry::default().with(Slow(gate.pass()))),
        is_entered_slowly,
    );
    gate.reached_by(1);
    // The first one finds the slot, the second one finds it taken; neither waits.
    in_time("both launchers return", || {
        comes_after_it();
        comes_after_it();
    });
    gate.open();
    ONE.flush(PATIENCE).wait().unwrap();
    let ledger = fire_and_forget::ledger();
    let counts = ledger
        .get("tracing::slow::comes_after_it")
        .unwrap()
        .counts();
    assert_eq!((counts.ok, counts.refused), (1, 1));
}

static FOUR: Pool = Pool::new("four").threads(4).queue(16);

#[fire_and_forget(backend = FOUR)]
fn is_one_of_four(come: Pass) {
    come.wait();
}

/// All four bodies have to be there at once.
#[test]
fn spans_are_entered_side_by_side() {
    let (entered, come) = (Gate::new(), Gate::new());
    let slow = Dispatch::new(Registry::default().with(Slow(entered.pass())));
    with_default(&slow, || {
        for _ in 0..4 {
            is_one_of_four(come.pass());
        }
    });
    entered.reached_by(4);
    entered.open();
    come.reached_by(4);
    come.open();
    FOUR.flush(PATIENCE).wait().unwrap();
}
