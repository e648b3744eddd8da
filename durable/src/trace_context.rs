//! Links the span of a job to the OpenTelemetry span that launched it, across the store (feature `opentelemetry`).
//!
//! The launching span is stored as the fields that the global text-map propagator writes, in a JSON object.

use std::collections::HashMap;

use fire_and_forget::durable::{self, Propagation};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Links launches and their jobs from now on. A propagation that the program has set before stays.
pub(crate) fn propagate() {
    let _ = durable::propagate(OpenTelemetry);
}

/// Describes a span by the global text-map propagator.
struct OpenTelemetry;

impl Propagation for OpenTelemetry {
    fn describe(&self) -> Option<String> {
        let span = current();
        if !span.is_valid() {
            return None;
        }
        // A new context, because the caller's baggage does not belong into the store.
        let context = Context::new().with_remote_span_context(span);
        let mut fields: HashMap<String, String> = HashMap::new();
        global::get_text_map_propagator(|it| it.inject_context(&context, &mut fields));
        // The propagator writes an empty trace state if there is none.
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

/// Returns the span that this thread is in: that of `tracing`, or else one that was entered without it.
fn current() -> SpanContext {
    let context = Span::current().context();
    if context.has_active_span() {
        return context.span().span_context().clone();
    }
    Context::map_current(|context| context.span().span_context().clone())
}

/// Reads a description; `None` if it is none, or describes no valid span.
fn read(description: &str) -> Option<SpanContext> {
    let fields: HashMap<String, String> = serde_json::from_str(description).ok()?;
    let context =
        global::get_text_map_propagator(|it| it.extract_with_context(&Context::new(), &fields));
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}
