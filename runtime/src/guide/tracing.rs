//! Tracing: each launch has a span, linked to that of its caller (feature `tracing`).
//!
//! ```toml
//! fire-and-forget = { path = "../fire-and-forget/runtime", features = ["tracing"] }
//! ```
//!
//! With any subscriber of the [`tracing`] crate, the events of a body are then in the span of its launch: on every backend,
//! on every thread, and in every poll of a task.
//!
//! ```
//! use fire_and_forget::{fire_and_forget, observer};
//! use tracing::{info, instrument};
//!
//! #[fire_and_forget]
//! fn welcome(to: String) -> Result<(), String> {
//!     info!("connecting");
//!     Err(format!("`{to}` has no mailbox"))
//! }
//!
//! #[instrument]
//! fn sign_up(address: &str) {
//!     info!("signed up");
//!     welcome(address.to_owned());
//! }
//!
//! tracing_subscriber::fmt().init();
//! fire_and_forget::set_observer(observer::Limited::new(observer::Tracing))?; // reports become events, too
//! sign_up("ada");
//! # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//!  INFO sign_up{address="ada"}: app: signed up
//!  INFO app::welcome{function="app::welcome" backend="pool" launched_at=src/main.rs:13}: app: connecting
//! ERROR app::welcome{function="app::welcome" backend="pool" launched_at=src/main.rs:13}: app: failed: `ada` has no mailbox …
//! ```
//!
//! # The span of a launch
//!
//! The call opens it. It is closed when the launch ends, before the ledger counts the end. So once [`shutdown`] returns,
//! the spans of all ended launches can be exported. A subscriber that measures idle and busy time shows how long a launch
//! was queued and how long it ran.
//!
//! | of the span | is |
//! |---|---|
//! | the level | `INFO` |
//! | the name | the name of the function in reports |
//! | the target | the module of the function: a filter such as `RUST_LOG=app::mail=info` includes it |
//! | the fields | `function`, `backend`, and `launched_at`: file and line of the call |
//!
//! The option `trace` sets its relation to the span of the caller:
//!
//! | `trace =` | the span of the launch | choose it for |
//! |---|---|---|
//! | `"follows"`, the default | is a root that *follows from* the caller's; in OpenTelemetry, a trace of its own with a link | work that the request does not wait for |
//! | `"child"` | is a child of the caller's | one picture of everything; the span of the request stays open until the work has ended, so its time is no longer what the client saw |
//! | `"root"` | is a root without a link | work that is not related to its caller |
//! | `"off"` | does not exist | functions that are launched very often, and those that a subscriber itself launches |
//!
//! A durable launch has two kinds of spans: one until the store has it, and one for each attempt, in the process that runs
//! the job. The option also applies to the second if something carries the caller's span through the store: the feature
//! `opentelemetry` of `fire-and-forget-durable` does.
//!
//! The subscriber of the launching thread ([`with_default`]) goes along with every launch, also under `"off"`. So tests
//! that run side by side each see the events of their own launches.
//!
//! # `#[instrument]`
//!
//! Above or below `#[fire_and_forget]`, it adds a span inside that of the launch, with the arguments as its fields:
//!
//! ```
//! use fire_and_forget::fire_and_forget;
//! use tracing::instrument;
//!
//! #[fire_and_forget]
//! #[instrument(skip(body))]
//! fn mail(to: String, body: String) {
//!     println!("{} bytes to {to}", body.len());
//! }
//!
//! mail("ada@example.com".into(), "Hello!".into());
//! # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
//! # Ok::<(), fire_and_forget::Unfinished>(())
//! ```
//!
//! # A span as an argument
//!
//! A caller may have a span for the work, as for `tokio::spawn(work.instrument(span))`. Make it an argument, and enter it
//! in the body: in an `async fn` with `instrument`, in a `fn` with [`Span::in_scope`]. With `trace = "off"` it is the only
//! span.
//!
//! ```
//! # #[cfg(feature = "tokio")] mod with_tokio {
//! use fire_and_forget::fire_and_forget;
//! use tracing::{Instrument, Span, info, info_span};
//!
//! async fn serve(connection: u64) {
//!     info!("{connection} is open");
//! }
//!
//! #[fire_and_forget(trace = "off")]
//! async fn connection(number: u64, span: Span) {
//!     serve(number).instrument(span).await;
//! }
//!
//! # pub fn launch() {
//! connection(7, info_span!(parent: None, "connection", peer = "10.0.0.7"));
//! # }
//! # }
//! # #[cfg(feature = "tokio")] with_tokio::launch();
//! # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
//! # Ok::<(), fire_and_forget::Unfinished>(())
//! ```
//!
//! The span is open as long as the launch has it, which includes the time in the queue. Without `parent: None` it is a
//! child of the caller's span, and the caller's span stays open as long.
//!
//! # Reports as events
//!
//! [`observer::Tracing`] makes an event of each report: `ERROR` for failed and panicked launches, `WARN` for lost and
//! refused ones. An event is in the span of its launch, so the trace of a job shows why it failed. The event of a refusal
//! is in the span of the caller. Without this observer, reports go where [`set_observer`] says, else to standard error.
//!
//! With [`observer::Limited`] around it, there are at most ten events a second for each function and each kind, and a
//! `WARN` with the number of those that were left out.
//!
//! # OpenTelemetry
//!
//! With the layer of `tracing-opentelemetry`, a launch is a trace with a link to that of the request, and an error if its
//! body failed: the repository's `examples/trace` prints both. Shut down the launches first, and then the exporter.
//!
//! # What it costs
//!
//! Without a subscriber, a launch reads one number that does not change. With one, it allocates once, in addition to what
//! the subscriber does. In the queues, the feature takes 8 of the 96 bytes that arguments have without an allocation
//! ([`Task::INLINE_BYTES`]).
//!
//! # Limits
//!
//! - Threads and tasks that a body starts by itself are not in its span.
//! - A launch that its backend refuses leaves an empty span, because the span is opened first.
//! - If a subscriber panics, the launch goes on, and may have no span.
//! - `with_default` of no subscriber, [`Dispatch::none()`], does not go along: the body has the global subscriber.
//!
//! [`Span::in_scope`]: https://docs.rs/tracing/latest/tracing/struct.Span.html#method.in_scope
//! [`Dispatch::none()`]: https://docs.rs/tracing/latest/tracing/struct.Dispatch.html#method.none
//! [`shutdown`]: crate::shutdown()
//! [`set_observer`]: crate::set_observer
//! [`observer::Limited`]: crate::observer::Limited
//! [`observer::Tracing`]: crate::observer::Tracing
//! [`Task::INLINE_BYTES`]: crate::Task::INLINE_BYTES
//! [`with_default`]: https://docs.rs/tracing/latest/tracing/dispatcher/fn.with_default.html
//! [`tracing`]: https://docs.rs/tracing
