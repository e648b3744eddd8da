//! A subscriber that launches, while `tracing` holds the default of its thread borrowed. It is the only one of its process.

use std::sync::{Barrier, mpsc};
use std::thread;

use fire_and_forget::{Pool, fire_and_forget, ledger};
use tracing::dispatcher::set_default;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use waiting::{Gate, PATIENCE, Pass};

static ONE: Pool = Pool::new("one").threads(1).queue(0);

#[fire_and_forget(backend = ONE)]
fn ships(pass: Option<Pass>) {
    if let Some(pass) = pass {
        pass.wait();
    }
}

/// Ships each event by a launch, which is refused.
struct Ships {
    /// Both are waited for before it does.
    steps: &'static [Barrier; 2],
}

impl<S: Subscriber> Layer<S> for Ships {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        for step in self.steps {
            step.wait();
        }
        ships(None);
    }
}

/// A thread that has a default of its own makes `tracing` borrow those of all threads. Where the last of them goes meanwhile, a
/// launch finds the global one, and cannot set it.
#[test]
fn a_launch_in_a_callback_is_counted_though_the_default_is_borrowed() {
    static STEPS: [Barrier; 2] = [const { Barrier::new(2) }; 2];
    let gate = Gate::holding(|pass| ships(Some(pass)));
    let subscriber = tracing_subscriber::registry().with(Ships { steps: &STEPS });
    tracing::dispatcher::set_global_default(Dispatch::new(subscriber)).unwrap();
    let (is_set, set) = mpsc::channel();
    let other = thread::spawn(move || {
        let default = set_default(&Dispatch::none());
        is_set.send(()).unwrap();
        STEPS[0].wait();
        drop(default);
        STEPS[1].wait();
    });
    set.recv().unwrap();
    tracing::info!("an event");
    other.join().unwrap();
    gate.open();
    ONE.flush(PATIENCE).wait().unwrap();
    let ledger = ledger();
    let counts = ledger.entries()[0].counts();
    assert_eq!(
        (counts.launched, counts.ok, counts.refused),
        (2, 1, 1),
        "{ledger}"
    );
}
