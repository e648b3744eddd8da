//! The callbacks of a subscriber.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_core::span::Current;
use tracing_subscriber::Registry;

use crate::backends::play;
use crate::script::{ACTS, Act, EVERY, Script};

/// A registry, whose callbacks play a script before they do what they are for.
struct Scripted {
    registry: Registry,
    script: Arc<Script>,
    /// The spans of the function that is meant.
    spans: Mutex<HashSet<u64>>,
}

impl Scripted {
    fn dispatch(script: &Arc<Script>) -> Dispatch {
        Dispatch::new(Self {
            registry: Registry::default(),
            script: Arc::clone(script),
            spans: Mutex::default(),
        })
    }

    fn at(&self, step: &str, span: &Id) {
        let is_meant = self.spans.lock().unwrap().contains(&span.into_u64());
        if is_meant {
            self.script.at(step);
        }
    }

    fn at_callsite(&self, step: &str, metadata: &Metadata<'_>) -> bool {
        let is_meant = self.script.is_of(metadata.name());
        if is_meant {
            self.script.at(step);
        }
        is_meant
    }
}

impl Subscriber for Scripted {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.at_callsite("register_callsite", metadata);
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.at_callsite("enabled", metadata);
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let is_meant = self.at_callsite("new_span", attributes.metadata());
        let span = self.registry.new_span(attributes);
        if is_meant {
            self.spans.lock().unwrap().insert(span.into_u64());
        }
        span
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.registry.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.at("record_follows_from", span);
        self.registry.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.registry.event(event);
    }

    fn enter(&self, span: &Id) {
        self.at("enter", span);
        self.registry.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.at("exit", span);
        self.registry.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.at("clone_span", span);
        self.registry.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.at("try_close", &span);
        let number = span.into_u64();
        let is_closed = self.registry.try_close(span);
        if is_closed {
            self.spans.lock().unwrap().remove(&number);
        }
        is_closed
    }

    /// Of spans that the macros open, nobody asks.
    fn current_span(&self) -> Current {
        self.script.at("current_span");
        self.registry.current_span()
    }
}

crate::backends::functions!();

const STEPS: [&str; 7] = [
    "enabled",
    "new_span",
    "current_span",
    "record_follows_from",
    "enter",
    "exit",
    "try_close",
];

/// Functions that a subscriber has not been asked about.
mod unheard_of {
    pub(super) mod panics {
        crate::backends::functions!();
        pub(in super::super) const ALL: &[crate::backends::Function] = FUNCTIONS;
    }
    pub(super) mod launches {
        crate::backends::functions!();
        pub(in super::super) const ALL: &[crate::backends::Function] = FUNCTIONS;
    }
    pub(super) mod blocks {
        crate::backends::functions!();
        pub(in super::super) const ALL: &[crate::backends::Function] = FUNCTIONS;
    }
}

/// One test: while a subscriber is made, `tracing` asks all others about all functions, and one that panics then, or waits,
/// harms what makes it.
#[test]
fn a_subscriber_that_panics_launches_or_blocks_in_any_callback_harms_no_launch() {
    for act in ACTS {
        for step in STEPS {
            for function in FUNCTIONS {
                let script = Arc::new(Script::new(step, act));
                play(function, &script, &Scripted::dispatch(&script));
            }
        }
    }
    for function in FUNCTIONS {
        let script = Arc::new(Script::new(EVERY, Act::Panics));
        play(function, &script, &Scripted::dispatch(&script));
    }
    for act in ACTS {
        let functions = match act {
            Act::Panics => unheard_of::panics::ALL,
            Act::Launches => unheard_of::launches::ALL,
            Act::Blocks => unheard_of::blocks::ALL,
        };
        for function in functions {
            let script = Arc::new(Script::new("register_callsite", act));
            play(function, &script, &Scripted::dispatch(&script));
        }
    }
}
