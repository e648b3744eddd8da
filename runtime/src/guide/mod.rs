//! Pages about whole topics; every item has its own documentation besides. The [front page](crate) has what comes before
//! them: an example, and what happens to a launch.
//!
//! **To decide**
//!
//! - [Backends](backends): where bodies run, how many threads, in which order, what a launch costs
//! - [Overload](overload): what happens when there is too much, how large a queue should be, memory
//! - [Stopping](stopping): shutdown, SIGTERM and Ctrl-C, deadlines, containers
//! - [Failures](failures): errors and panics in your log, the ledger, alerting
//! - [Questions](questions) that people ask first
//!
//! **To do**
//!
//! - [Migrating](migrating) from `tokio::spawn`, `rayon::spawn` and `thread::spawn`; closures and futures
//! - [Context](context): a tenant, a request id or a task-local that goes along with a launch
//! - [Executors](executors) of your own as backends
//! - [Testing code that launches](../testing/index.html) (feature `testing`)
//!
//! **To see**
//!
//! - [Tracing](tracing/index.html): a span for each launch (feature `tracing`)
//! - [Metrics](metrics/index.html): dashboards and alerts with Prometheus (feature `metrics`)

#![allow(clippy::doc_markdown, reason = "pages are prose")]

#[doc = include_str!("backends.md")]
pub mod backends {}

#[doc = include_str!("overload.md")]
pub mod overload {}

#[doc = include_str!("stopping.md")]
pub mod stopping {}

#[doc = include_str!("failures.md")]
pub mod failures {}

#[doc = include_str!("questions.md")]
pub mod questions {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("context.md")]
pub mod context {}

#[doc = include_str!("executors.md")]
pub mod executors {}

#[cfg(feature = "tracing")]
pub mod tracing;

#[cfg(feature = "metrics")]
#[doc = include_str!("metrics.md")]
pub mod metrics {}
