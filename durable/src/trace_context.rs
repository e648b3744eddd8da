//! Spans of OpenTelemetry across the store (feature `opentelemetry`).

use std::collections::HashMap;

use fire_and_forget::durable::{self, Propagation};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// From now on, launches and their jobs are joined. Whoever has said something else before is right.
pub(crate) fn propagate() {
    let _ = durable::propagate(OpenTelemetry);
}

/// Describes a span as the global text-map propagator does: JSON, an object of its fields.
struct OpenTelemetry;

impl Propagation for OpenTelemetry {
    fn describe(&self) -> Option<String> {
        let span = current();
        if !span.is_valid() {
            return None;
        }
        // A context with nothing else in it: what the caller's baggage is does not belong into the store.
        let context = Context::new().with_remote_span_context(span);
        let mut fields: HashMap<String, String> = HashMap::new();
        global::get_text_map_propagator(|it| it.inject_context(&context, &mut fields));
        // A span without a state has an empty one.
        fields.retain(|_, value| !value.is_empty());
        if fields.is_empty() {
            return None;
        }
        serde_json::to_string(&fields).ok()
    }

    fn open_as_child(&self, description: &str, open: &mut dyn FnMut()) {
        let _parent = read(description)
            .map(|parent| Context::new().with_remote_span_context(parent).attach());
        open();
    }

    fn link(&self, description: &str) {
        if let Some(launched_in) = read(description) {
            Span::current().add_link(launched_in);
        }
    }
}

/// The span that this thread is in: that of `tracing`, or one that was made without it.
fn current() -> SpanContext {
    let context = Span::current().context();
    if context.has_active_span() {
        return context.span().span_context().clone();
    }
    Context::map_current(|context| context.span().span_context().clone())
}

/// None if it is no description, or describes no span.
fn read(description: &str) -> Option<SpanContext> {
    let fields: HashMap<String, String> = serde_json::from_str(description).ok()?;
    let context =
        global::get_text_map_propagator(|it| it.extract_with_context(&Context::new(), &fields));
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}
