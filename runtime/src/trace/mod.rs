//! Spans of launches, and the link between the span of a job and the span that launched it (feature `tracing`).
//!
//! Spans travel in the ticket of the guard, with the dispatcher of the caller: queues, tasks and backends know nothing of them.
//! The span is entered wherever code of the user's runs for that launch, a report included, and is closed before the launch is
//! counted as ended. For a durable launch, the caller's thread also describes the span it is in, as a text that goes into the
//! store beside the arguments.

pub(crate) mod callsite;
mod origin;
#[cfg(feature = "durable")]
pub(crate) mod propagation;
pub(crate) mod span;

pub(crate) use self::origin::Origin;
pub use self::origin::Trace;
pub(crate) use self::span::Traced;
