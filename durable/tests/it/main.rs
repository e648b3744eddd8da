//! What must happen, through the public names alone: each scenario in a process of its own, on each store.

mod scenario;

mod bad_input;
mod deaths;
mod failures;
#[cfg(feature = "metrics")]
mod meters;
mod rows;
mod shutdown;
mod storing;
mod working;
