//! `#[instrument]` above and below ours: its span is entered where the body runs, and not around the launcher.

use std::cell::RefCell;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use fire_and_forget::fire_and_forget;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, instrument};
use waiting::signal;

#[fire_and_forget]
#[instrument(skip_all)]
fn is_instrumented_below(places: Sender<Place>) {
    let _ = places.send(here());
}

#[instrument(skip_all)]
#[fire_and_forget]
fn is_instrumented_above(places: Sender<Place>) {
    let _ = places.send(here());
}

#[fire_and_forget]
#[instrument(skip_all)]
async fn is_a_task_instrumented_below(places: Sender<Place>) {
    ::tokio::task::yield_now().await;
    let _ = places.send(here());
}

#[instrument(skip_all)]
#[fire_and_forget]
async fn is_a_task_instrumented_above(places: Sender<Place>) {
    ::tokio::task::yield_now().await;
    let _ = places.send(here());
}

#[derive(Debug, Clone)]
struct Copied(Sender<Place>);

impl Copied {
    #[fire_and_forget]
    #[instrument]
    fn is_copied_and_instrumented_below(#[own] &self, #[own] text: &str) {
        let _ = self.0.send(here());
    }

    #[instrument]
    #[fire_and_forget]
    async fn is_copied_and_instrumented_above(#[own] &self, #[own] text: &str) {
        ::tokio::task::yield_now().await;
        let _ = self.0.send(here());
    }
}

// Pitfall 12 of the macro.
#[test]
fn a_span_of_instrument_is_that_of_the_body() {
    check("is_instrumented_below", is_instrumented_below);
    check("is_instrumented_above", is_instrumented_above);
    check("is_a_task_instrumented_below", is_a_task_instrumented_below);
    check("is_a_task_instrumented_above", is_a_task_instrumented_above);
    check("is_copied_and_instrumented_below", |places| {
        Copied(places).is_copied_and_instrumented_below("text");
    });
    check("is_copied_and_instrumented_above", |places| {
        Copied(places).is_copied_and_instrumented_above("text");
    });
}

#[track_caller]
fn check(function: &str, launch: fn(Sender<Place>)) {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| tracing::subscriber::set_global_default(Entered).unwrap());
    let (places, received) = signal();
    launch(places);
    let place = received.receive();
    assert_eq!(place.spans, [function]);
    assert_ne!(place.thread, thread::current().id());
}

/// Where a body runs.
struct Place {
    thread: ThreadId,
    spans: Vec<&'static str>,
}

fn here() -> Place {
    Place {
        thread: thread::current().id(),
        spans: SPANS.with_borrow(Clone::clone),
    }
}

thread_local! {
    /// The spans that this thread is in.
    static SPANS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// The names of all spans; the number of a span is its place here.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

struct Entered;

impl Subscriber for Entered {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Not the span that each launch has with the feature `tracing`: another package may turn that on.
        metadata.is_span() && metadata.fields().field("launched_at").is_none()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut names = NAMES.lock().unwrap();
        names.push(span.metadata().name());
        Id::from_u64(names.len().try_into().unwrap())
    }

    fn enter(&self, span: &Id) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        SPANS.with_borrow_mut(|spans| spans.push(NAMES.lock().unwrap()[index]));
    }

    fn exit(&self, _: &Id) {
        SPANS.with_borrow_mut(Vec::pop);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}
}
