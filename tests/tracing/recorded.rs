//! A subscriber that keeps what it sees: spans, how they hang together, and events.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use fire_and_forget::{Counts, Entry};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use waiting::wait_until;

#[derive(Debug, Clone)]
pub(crate) struct SpanSeen {
    pub(crate) name: &'static str,
    pub(crate) target: String,
    pub(crate) fields: Fields,
    pub(crate) parent: Option<&'static str>,
    pub(crate) follows_from: Vec<&'static str>,
    pub(crate) threads: Vec<ThreadId>,
    pub(crate) is_closed: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct EventSeen {
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) fields: Fields,
    /// The names of the spans it is in, from the root.
    pub(crate) spans: Vec<&'static str>,
}

impl EventSeen {
    pub(crate) fn message(&self) -> &str {
        &self.fields["message"]
    }
}

pub(crate) type Fields = BTreeMap<&'static str, String>;

/// What the subscriber has seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    spans: Vec<SpanSeen>,
    events: Vec<EventSeen>,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Calls `code` with this subscriber as that of the thread.
    pub(crate) fn during<R>(&self, code: impl FnOnce() -> R) -> R {
        with_default(&self.dispatch(), code)
    }

    pub(crate) fn dispatch(&self) -> Dispatch {
        Dispatch::new(Registry::default().with(Recorder(self.clone())))
    }

    /// The spans of that name, in the order they were opened.
    pub(crate) fn spans(&self, name: &str) -> Vec<SpanSeen> {
        let seen = self.seen();
        let spans = seen.spans.iter().filter(|it| it.name == name);
        spans.cloned().collect()
    }

    /// The one span of that name.
    #[track_caller]
    pub(crate) fn span(&self, name: &str) -> SpanSeen {
        let mut spans = self.spans(name);
        assert_eq!(spans.len(), 1, "`{name}` among {:#?}", self.seen());
        spans.remove(0)
    }

    pub(crate) fn events(&self) -> Vec<EventSeen> {
        self.seen().events.clone()
    }

    /// Each event with the spans it is in, from the root: "request/job: message".
    pub(crate) fn lines(&self) -> Vec<String> {
        let events = self.events().into_iter();
        events
            .map(|event| format!("{}: {}", event.spans.join("/"), event.message()))
            .collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}

/// Waits until nothing of that function is in flight.
#[track_caller]
pub(crate) fn quiet(function: &str) -> Counts {
    let counts = || {
        let ledger = fire_and_forget::ledger();
        ledger.get(function).map(Entry::counts)
    };
    wait_until(format_args!("`{function}`"), || {
        counts().is_some_and(|it| it.in_flight() == 0)
    });
    counts().unwrap()
}

/// The layer that fills it.
pub(crate) struct Recorder(pub(crate) Recorded);

/// Where a span is among those seen: the registry uses its numbers again.
struct Index(usize);

impl<S> Layer<S> for Recorder
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut fields = Collected::default();
        attributes.record(&mut fields);
        let mut seen = self.0.seen();
        span.extensions_mut().insert(Index(seen.spans.len()));
        seen.spans.push(SpanSeen {
            name: attributes.metadata().name(),
            target: attributes.metadata().target().to_owned(),
            fields: fields.0,
            parent: span.parent().map(|parent| parent.name()),
            follows_from: Vec::new(),
            threads: Vec::new(),
            is_closed: false,
        });
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let name = context.span(follows).unwrap().name();
        self.0.at(id, &context, |span| span.follows_from.push(name));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let thread = thread::current().id();
        self.0.at(id, &context, |span| span.threads.push(thread));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.0.at(&id, &context, |span| span.is_closed = true);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Collected::default();
        event.record(&mut fields);
        let spans = context.event_scope(event).into_iter();
        let spans = spans.flat_map(|scope| scope.from_root().map(|span| span.name()));
        let spans = spans.collect();
        self.0.seen().events.push(EventSeen {
            level: *event.metadata().level(),
            target: event.metadata().target().to_owned(),
            fields: fields.0,
            spans,
        });
    }
}

impl Recorded {
    fn at<S>(&self, id: &Id, context: &Context<'_, S>, change: impl FnOnce(&mut SpanSeen))
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let span = context.span(id).unwrap();
        let extensions = span.extensions();
        let Index(index) = extensions.get().unwrap();
        change(&mut self.seen().spans[*index]);
    }
}

#[derive(Default)]
struct Collected(Fields);

impl Visit for Collected {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
