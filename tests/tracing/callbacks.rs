//! What happens to the default subscriber of a thread while one is being called.

use std::mem::forget;
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use fire_and_forget::{Backend, Pool, Task, fire_and_forget};
use tracing::dispatcher::{set_default, with_default};
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::recorded::quiet;

static ONE: Pool = Pool::new("one").threads(1);

#[fire_and_forget(name = "changes subscribers", backend = ONE)]
fn changes_subscribers() {}

/// Says what becomes of spans, and makes another subscriber the default when it is asked about them.
struct Changes {
    name: &'static str,
    said: Arc<Mutex<Vec<String>>>,
    next: Mutex<Option<Dispatch>>,
}

impl Changes {
    fn subscriber(
        said: &Arc<Mutex<Vec<String>>>,
        name: &'static str,
        next: Option<Dispatch>,
    ) -> Dispatch {
        Dispatch::new(Registry::default().with(Self {
            name,
            said: Arc::clone(said),
            next: Mutex::new(next),
        }))
    }

    fn say(&self, what: &str) {
        self.said
            .lock()
            .unwrap()
            .push(format!("{} {what}", self.name));
    }
}

impl<S: Subscriber> Layer<S> for Changes {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let is_ours = metadata.is_span() && metadata.name() == "changes subscribers";
        if is_ours && let Some(next) = self.next.lock().unwrap().take() {
            forget(set_default(&next));
        }
        Interest::always()
    }

    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.say("opens");
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.say("enters");
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.say("closes");
    }
}

#[test]
fn a_span_is_entered_and_closed_on_the_subscriber_that_has_opened_it() {
    let said = Arc::default();
    let second = Changes::subscriber(&said, "the second", None);
    let first = Changes::subscriber(&said, "the first", Some(second));
    thread::spawn(move || {
        forget(set_default(&first));
        changes_subscribers();
    })
    .join()
    .unwrap();
    assert_eq!(quiet("changes subscribers").ok, 1);
    assert_eq!(
        *said.lock().unwrap(),
        ["the second opens", "the second enters", "the second closes"]
    );
}

/// Keeps each launch until the next one, and runs it then.
struct OneLater(Mutex<Option<Task>>);

static ONE_LATER: OneLater = OneLater(Mutex::new(None));

impl Backend for OneLater {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        let earlier = self.0.lock().unwrap().replace(task);
        if let Some(earlier) = earlier {
            earlier.run();
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        "one later"
    }
}

#[fire_and_forget(backend = ONE_LATER, name = "ships")]
fn ships() {}

/// Ships each event by a launch, and has one to say about that.
struct Ships(Arc<AtomicU32>);

impl<S: Subscriber> Layer<S> for Ships {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        if self.0.fetch_add(1, SeqCst) == 0 {
            ships();
            tracing::info!("it is not told of what it says itself");
        }
    }
}

/// While `tracing` calls a subscriber, nothing can be made the default: it would panic, and call that subscriber again.
#[test]
fn a_body_with_a_span_may_run_in_a_callback() {
    let panics = count_panics();
    let events = Arc::default();
    let subscriber = Registry::default().with(Ships(Arc::clone(&events)));
    with_default(&Dispatch::new(subscriber), || {
        ships();
        tracing::info!("an event");
        ships();
    });
    drop(ONE_LATER.0.lock().unwrap().take());
    let counts = quiet("ships");
    assert_eq!((counts.launched, counts.ok, counts.lost), (3, 2, 1));
    assert_eq!(events.load(SeqCst), 1);
    assert_eq!(panics.load(SeqCst), 0);
}

/// Those of this thread that the hook is told of.
fn count_panics() -> Arc<AtomicU32> {
    let panics = Arc::new(AtomicU32::new(0));
    let (counted, here) = (Arc::clone(&panics), thread::current().id());
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == here {
            counted.fetch_add(1, SeqCst);
        }
        default(info);
    }));
    panics
}
