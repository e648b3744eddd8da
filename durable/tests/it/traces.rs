//! Spans across the store, as OpenTelemetry has them.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use fire_and_forget::fire_and_forget;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TracerProvider};
use opentelemetry::{Context, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::scenario::{Store, counts, next_process, scenarios, until};

#[fire_and_forget(backend = "durable", name = "linked")]
async fn linked(number: u64) -> Result<(), String> {
    let job = fire_and_forget::durable::job().expect("a body has a job");
    match (number, job.attempt()) {
        (1, 1) => Err("once".to_owned()),
        _ => Ok(()),
    }
}

#[fire_and_forget(backend = "durable", name = "linked fn")]
fn blocking() {}

#[fire_and_forget(backend = "durable", name = "child", trace = "child")]
async fn child() {
    // What it does has its own spans.
    tracing::info_span!("inner").in_scope(|| ());
}

#[fire_and_forget(backend = "durable", name = "root", trace = "root")]
async fn root() {}

#[tracing::instrument]
fn request(number: u64) -> SpanContext {
    linked(number);
    here()
}

/// The span that this thread is in.
fn here() -> SpanContext {
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    tracing::Span::current()
        .context()
        .span()
        .span_context()
        .clone()
}

/// Sets everything up as a service does, with an exporter that keeps the spans.
fn trace() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing_subscriber::registry().with(layer).init();
    global::set_text_map_propagator(TraceContextPropagator::new());
    EXPORTER.set(exporter).expect("once in a process");
}

static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();

/// The spans of a name that have been closed, and stand for a job where it is that of a function.
fn spans(name: &str) -> Vec<SpanData> {
    let spans = EXPORTER.get().unwrap().get_finished_spans().unwrap();
    let is_of_launch = |span: &SpanData| {
        let mut attributes = span.attributes.iter();
        attributes.any(|it| it.key.as_str() == "backend" && it.value.as_str() == "durable")
    };
    let mut spans: Vec<_> = spans
        .into_iter()
        .filter(|span| span.name == name && !is_of_launch(span))
        .collect();
    spans.sort_by_key(|span| span.start_time);
    spans
}

/// The links of a span: trace and span, whether the trace is recorded, and what its state is.
fn links(span: &SpanData) -> Vec<String> {
    span.links.iter().map(|it| text(&it.span_context)).collect()
}

fn text(span: &SpanContext) -> String {
    format!(
        "{} {} {} {:?}",
        span.trace_id(),
        span.span_id(),
        span.is_sampled(),
        span.trace_state().header()
    )
}

/// The envelopes of all jobs, the oldest first.
async fn envelopes(store: &Store) -> Vec<serde_json::Value> {
    let jobs = store.jobs().await;
    let envelopes = jobs.iter().map(|job| serde_json::from_slice(job).unwrap());
    envelopes.collect()
}

/// Replaces the description in the youngest job, as somebody could who may write to the table.
async fn tamper(store: &Store, description: &str, length: usize) {
    let description = description.replace("LONG", &"x".repeat(length));
    let sql = if store.is_postgres() {
        format!(
            "UPDATE {{jobs}} SET job = convert_to(jsonb_set(convert_from(job, 'utf8')::jsonb, '{{trace}}', '{description}'::jsonb)::text, 'utf8') WHERE id = (SELECT max(id) FROM {{jobs}})"
        )
    } else {
        format!(
            "UPDATE {{jobs}} SET job = CAST(json_set(CAST(job AS TEXT), '$.trace', json('{description}')) AS BLOB) WHERE id = (SELECT max(id) FROM {{jobs}})"
        )
    };
    assert_eq!(store.execute(&sql).await, 1);
}

scenarios! {
    async fn a_job_links_to_the_span_that_launched_it_in_another_process(store) {
        trace();
        let jobs = store.open().await;
        if store.process == 0 {
            jobs.stored(|| store.note(text(&request(0)))).await.unwrap();
            next_process();
        }
        jobs.work(1);
        until(async || spans("linked").len() == 1).await;
        let span = &spans("linked")[0];
        assert_eq!(links(span), store.notes());
        assert_eq!(span.parent_span_id, SpanId::INVALID);
        // A trace of its own, which does not hold the other one open.
        assert!(!store.notes()[0].contains(&span.span_context.trace_id().to_string()));
    }

    async fn each_way_to_launch_and_each_attempt_has_the_link(store) {
        trace();
        let jobs = store.open().await;
        let plain = request(0);
        let mut failing = None;
        jobs.later(Duration::ZERO, || failing = Some(request(1))).await.unwrap();
        let span = tracing::info_span!("blocks");
        let of_blocking = jobs.stored(|| span.in_scope(|| {
            blocking();
            store.note(text(&here()));
        }));
        of_blocking.await.unwrap();
        jobs.work(1);
        until(async || spans("linked").len() == 3 && spans("linked fn").len() == 1).await;
        let failing = text(&failing.unwrap());
        let mut found: Vec<_> = spans("linked").iter().map(links).collect();
        let mut expected = vec![vec![text(&plain)], vec![failing.clone()], vec![failing]];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(links(&spans("linked fn")[0]), store.notes());
    }

    async fn a_child_is_a_child_and_a_root_is_a_root(store) {
        trace();
        let jobs = store.open().await;
        if store.process == 0 {
            tracing::info_span!("request").in_scope(|| {
                child();
                root();
                store.note(here().trace_id());
                store.note(here().span_id());
            });
            fire_and_forget::durable::flush(Duration::from_mins(1)).await.unwrap();
            next_process();
        }
        jobs.work(1);
        until(async || spans("child").len() == 1 && spans("root").len() == 1).await;
        let (child, root, inner) = (&spans("child")[0], &spans("root")[0], &spans("inner")[0]);
        assert_eq!(child.span_context.trace_id().to_string(), store.notes()[0]);
        assert_eq!(child.parent_span_id.to_string(), store.notes()[1]);
        assert_eq!(links(child), [""; 0]);
        assert_eq!(inner.parent_span_id, child.span_context.span_id());
        assert_eq!(inner.span_context.trace_id(), child.span_context.trace_id());
        assert_eq!(root.parent_span_id, SpanId::INVALID);
        assert_eq!(links(root), [""; 0]);
        let envelopes = envelopes(&store).await;
        assert!(envelopes.iter().all(|it| it.get("trace").is_some() == (it["f"] == "child")));
    }

    async fn a_span_that_was_made_without_tracing_is_linked_to(store) {
        trace();
        let jobs = store.open().await;
        let fields = HashMap::from([
            ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            ("tracestate".to_owned(), "vendor=value".to_owned()),
        ]);
        let context = global::get_text_map_propagator(|it| it.extract(&fields));
        jobs.stored(|| {
            let _inside = context.attach();
            blocking();
        }).await.unwrap();
        let row = &envelopes(&store).await[0]["trace"];
        assert_eq!(row["traceparent"], fields["traceparent"]);
        assert_eq!(row["tracestate"], fields["tracestate"]);
        jobs.work(1);
        until(async || spans("linked fn").len() == 1).await;
        let expected = "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 true \"vendor=value\"";
        assert_eq!(links(&spans("linked fn")[0]), [expected]);
    }

    async fn a_row_holds_no_more_than_the_span(store) {
        use opentelemetry::baggage::BaggageExt;
        use opentelemetry::propagation::TextMapCompositePropagator;
        use opentelemetry_sdk::propagation::BaggagePropagator;

        trace();
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let jobs = store.open().await;
        let baggage = Context::current().with_baggage([opentelemetry::KeyValue::new("user", "ada")]);
        jobs.stored(|| {
            let _inside = baggage.attach();
            request(0);
        }).await.unwrap();
        jobs.stored(|| linked(2)).await.unwrap();
        let envelopes = envelopes(&store).await;
        let fields: Vec<_> = envelopes[0]["trace"].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["traceparent"]);
        // This one was launched in no span.
        assert!(envelopes[1].get("trace").is_none());
    }

    async fn a_context_that_was_tampered_with_is_ignored(store) {
        trace();
        let jobs = store.open().await;
        // The last one is right, and longer than it may be.
        let tampered = [
            "null",
            "17",
            "[[[[[]]]]]",
            r#""text""#,
            r#"{"traceparent": 17}"#,
            r#"{"traceparent": "00-00000000000000000000000000000000-0000000000000000-01"}"#,
            r#"{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "more": "LONG"}"#,
        ];
        for (field, length) in tampered.map(|field| (field, 4096)).into_iter().chain([(tampered[6], 3900)]) {
            jobs.stored(|| drop(request(0))).await.unwrap();
            tamper(&store, field, length).await;
            jobs.stored(|| tracing::info_span!("request").in_scope(child)).await.unwrap();
            tamper(&store, field, length).await;
        }
        jobs.work(1);
        until(async || spans("linked").len() == 8 && spans("child").len() == 8).await;
        assert_eq!(counts("linked", "durable worker").ok, 8);
        assert_eq!(counts("child", "durable worker").ok, 8);
        let (linked, child) = (spans("linked"), spans("child"));
        // In the order in which they were launched.
        let linked: Vec<_> = linked.iter().map(|span| links(span).len()).collect();
        assert_eq!(linked, [0, 0, 0, 0, 0, 0, 0, 1]);
        let child: Vec<_> = child.iter().map(|span| span.parent_span_id != SpanId::INVALID).collect();
        assert_eq!(child, [false, false, false, false, false, false, false, true]);
    }

    async fn a_process_that_traces_nothing_runs_what_one_that_does_has_launched(store) {
        if store.process == 0 {
            trace();
            let jobs = store.open().await;
            jobs.stored(|| drop(request(1))).await.unwrap();
            assert!(envelopes(&store).await[0].get("trace").is_some());
            next_process();
        }
        let jobs = store.open().await;
        if store.process == 1 {
            jobs.work(1);
            // It fails once, and what this process does not understand stays in its row.
            until(async || counts("linked", "durable worker").failed == 1).await;
            fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
            assert!(envelopes(&store).await[0].get("trace").is_some());
            // And the other way round.
            next_process();
        }
        trace();
        jobs.stored(|| linked(2)).await.unwrap();
        jobs.work(1);
        until(async || spans("linked").len() == 2).await;
        let mut found: Vec<_> = spans("linked").iter().map(|span| links(span).len()).collect();
        found.sort_unstable();
        assert_eq!(found, [0, 1]);
    }
}
