//! What must happen, through the public names alone: each scenario in a process of its own, on each store.

mod scenario;

mod bad_input;
#[cfg(target_os = "linux")]
mod clocks;
mod deaths;
#[cfg(target_os = "linux")]
mod disk;
mod failures;
#[cfg(unix)]
mod fork;
mod kills;
#[cfg(feature = "metrics")]
mod meters;
mod observer;
mod rows;
mod runtime;
mod server;
mod shutdown;
mod storing;
mod subscriber;
#[cfg(feature = "opentelemetry")]
mod traces;
mod working;
