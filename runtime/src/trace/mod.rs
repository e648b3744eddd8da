//! The span of a launch, which goes along with it (feature `tracing`).

pub(crate) mod callsite;
#[cfg(feature = "durable")]
pub(crate) mod propagation;
pub(crate) mod span;

pub use self::span::Trace;
pub(crate) use self::span::{Origin, Traced};
