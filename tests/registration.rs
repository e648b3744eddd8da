//! A subscriber that launches when `tracing` asks it about a function, under locks of its own.

use std::mem::take;
use std::sync::Mutex;

use fire_and_forget::{Pool, fire_and_forget, ledger};
use tracing::callsite::rebuild_interest_cache;
use tracing::dispatcher::{set_global_default, with_default};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Metadata, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry;
use waiting::{PATIENCE, in_time};

static ONE: Pool = Pool::new("one").threads(1);

#[fire_and_forget(backend = ONE, name = "known")]
fn known() {}

#[fire_and_forget(backend = ONE, name = "launched while a subscriber is made")]
fn launched_while_a_subscriber_is_made() {}

#[fire_and_forget(backend = ONE, name = "launched while all are asked again")]
fn launched_while_all_are_asked_again() {}

/// Launches once, when it is asked about a function.
struct Launches;

static LAUNCH: Mutex<Option<fn()>> = Mutex::new(None);

impl<S: Subscriber> Layer<S> for Launches {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let launch = (metadata.name() == "known").then(|| take(&mut *LAUNCH.lock().unwrap()));
        if let Some(launch) = launch.flatten() {
            launch();
        }
        Interest::always()
    }
}

fn launch_next(launch: fn()) {
    *LAUNCH.lock().unwrap() = Some(launch);
}

/// One test, because `tracing` takes other locks where there is more than one subscriber.
#[test]
fn a_subscriber_may_launch_when_it_is_asked_about_a_function() {
    let launching = || Dispatch::new(registry().with(Launches));
    in_time("a subscriber is made beside another one", move || {
        let other = Dispatch::new(registry());
        with_default(&other, known);
        // The span of that launch has the other one, too.
        ONE.flush(PATIENCE).wait().unwrap();
        launch_next(launched_while_a_subscriber_is_made);
        drop(launching());
    });
    in_time("the only one is asked again", move || {
        set_global_default(launching()).unwrap();
        launch_next(launched_while_all_are_asked_again);
        rebuild_interest_cache();
    });
    ONE.flush(PATIENCE).wait().unwrap();
    let ledger = ledger();
    for name in [
        "known",
        "launched while a subscriber is made",
        "launched while all are asked again",
    ] {
        let counts = ledger.get(name).unwrap().counts();
        assert_eq!((counts.launched, counts.ok), (1, 1), "{ledger}");
    }
}
