//! The span of a launch, which goes along with it (feature `tracing`).

pub(crate) mod callsite;
mod origin;
#[cfg(feature = "durable")]
pub(crate) mod propagation;
pub(crate) mod span;

pub(crate) use self::origin::Origin;
pub use self::origin::Trace;
pub(crate) use self::span::Traced;
