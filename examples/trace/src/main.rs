//! Traces for OpenTelemetry: the job of a request has a trace of its own, with a link to that of the request.
//!
//! ```sh
//! cargo run --release -p trace
//! ```
//!
//! The exporter here keeps the spans in memory, to print them at the end; a service has one for OTLP in its place.

use std::time::Duration;

use fire_and_forget::{fire_and_forget, observer};
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::{info, instrument};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[fire_and_forget(name = "mail")]
async fn mail(to: String) -> Result<(), String> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    info!("connected");
    Err(format!("`{to}` has no mailbox"))
}

#[fire_and_forget(name = "audit", trace = "child")]
fn audit(line: String) {
    info!(line, "written");
}

#[instrument]
async fn sign_up(address: &str) {
    audit(format!("{address} has signed up"));
    mail(address.to_owned());
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("trace"));
    tracing_subscriber::registry()
        .with(layer.with_filter(LevelFilter::INFO))
        .init();
    // What fails is an event, and the span of the job an error.
    fire_and_forget::set_observer(observer::Tracing)?;

    sign_up("ada@example.com").await;
    // First the jobs, then their spans.
    fire_and_forget::shutdown(Duration::from_secs(10)).await?;
    provider.force_flush()?;

    let spans = exporter.get_finished_spans()?;
    for span in &spans {
        print(span, &spans);
    }
    // The request did not wait for the mail, and its span did not either.
    let took = |name| find(name, &spans).map(|it| it.end_time.duration_since(it.start_time));
    let request = took("sign_up").ok_or("no request")??;
    let job = took("mail").ok_or("no job")??;
    println!("the request took {request:?}, the mail {job:?}");
    let link = find("mail", &spans).and_then(|it| it.links.iter().next());
    assert_eq!(
        link.map(|it| it.span_context.span_id()),
        find("sign_up", &spans).map(|it| it.span_context.span_id())
    );
    Ok(())
}

fn print(span: &SpanData, all: &[SpanData]) {
    let trace = span.span_context.trace_id();
    println!("{}: {:?}, in trace {trace}", span.name, span.status);
    if span.parent_span_id != SpanId::INVALID {
        println!("    child of {}", name(span.parent_span_id, all));
    }
    for link in &span.links.links {
        let context = &link.span_context;
        let name = name(context.span_id(), all);
        println!("    follows from {name}, in trace {}", context.trace_id());
    }
    for attribute in &span.attributes {
        if ["function", "backend", "launched_at"].contains(&attribute.key.as_str()) {
            println!("    {} = {}", attribute.key, attribute.value);
        }
    }
    for event in &span.events.events {
        println!("    event: {}", event.name);
    }
}

fn find<'a>(name: &str, spans: &'a [SpanData]) -> Option<&'a SpanData> {
    spans.iter().find(|it| it.name == name)
}

fn name(id: SpanId, spans: &[SpanData]) -> &str {
    let span = spans.iter().find(|it| it.span_context.span_id() == id);
    span.map_or("?", |it| &it.name)
}
