//! What a subscriber does not want to hear, it does not hear; and it goes by the module of the function.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use fire_and_forget::fire_and_forget;
use tracing::dispatcher::with_default;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber, info, warn};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::recorded::{Recorded, Recorder, quiet};

#[fire_and_forget(name = "filtered")]
fn filtered() {
    info!("begun");
    warn!("done");
}

fn launch_with(layer: impl Layer<Registry> + Send + Sync) {
    let dispatch = Dispatch::new(Registry::default().with(layer));
    with_default(&dispatch, filtered);
    quiet("filtered");
}

#[test]
fn a_span_that_is_filtered_out_takes_no_event_with_it() {
    let recorded = Recorded::new();
    launch_with(Recorder(recorded.clone()).with_filter(LevelFilter::WARN));
    assert_eq!(recorded.lines(), [": done"]);
    assert!(recorded.spans("filtered").is_empty());
}

#[test]
fn a_filter_by_module_has_the_spans_of_the_functions_in_it() {
    let recorded = Recorded::new();
    let here = Targets::new().with_target(module_path!(), LevelFilter::INFO);
    launch_with(Recorder(recorded.clone()).with_filter(here));
    assert_eq!(recorded.lines(), ["filtered: begun", "filtered: done"]);
    let recorded = Recorded::new();
    let elsewhere = Targets::new().with_target("elsewhere", LevelFilter::TRACE);
    launch_with(Recorder(recorded.clone()).with_filter(elsewhere));
    assert_eq!(recorded.lines(), [""; 0]);
    assert!(recorded.spans("filtered").is_empty());
}

#[test]
fn two_layers_hear_each_what_it_wants() {
    let [all, warnings] = [Recorded::new(), Recorded::new()];
    let dispatch = Dispatch::new(
        Registry::default()
            .with(Recorder(warnings.clone()).with_filter(LevelFilter::WARN))
            .with(Recorder(all.clone()).with_filter(LevelFilter::INFO)),
    );
    with_default(&dispatch, filtered);
    quiet("filtered");
    assert_eq!(all.lines(), ["filtered: begun", "filtered: done"]);
    assert_eq!(warnings.lines(), [": done"]);
}

/// A subscriber by hand, without a registry: it is told what the docs of `tracing` say, and no more.
#[derive(Clone, Default)]
struct ByHand(Arc<Mutex<Vec<String>>>);

impl ByHand {
    fn log(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Subscriber for ByHand {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == module_path!()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Names(Vec::new());
        span.record(&mut fields);
        let root = if span.is_root() { "root" } else { "inner" };
        self.log(format!(
            "new {root} {}: {}",
            span.metadata().name(),
            fields.0.join(" ")
        ));
        Id::from_u64(7)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.log(format!("event {}", event.metadata().level()));
    }

    fn enter(&self, span: &Id) {
        self.log(format!("enter {}", span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.log(format!("exit {}", span.into_u64()));
    }

    fn try_close(&self, span: Id) -> bool {
        self.log(format!("close {}", span.into_u64()));
        true
    }
}

struct Names(Vec<&'static str>);

impl Visit for Names {
    fn record_debug(&mut self, field: &Field, _: &dyn Debug) {
        self.0.push(field.name());
    }
}

#[test]
fn a_subscriber_without_a_registry_is_told_of_each_step_in_order() {
    let by_hand = ByHand::default();
    with_default(&Dispatch::new(by_hand.clone()), filtered);
    quiet("filtered");
    assert_eq!(
        *by_hand.0.lock().unwrap(),
        [
            "new root filtered: function backend launched_at",
            "enter 7",
            "event INFO",
            "event WARN",
            "exit 7",
            "close 7",
        ]
    );
}
