//! Observers that come with the crate, for [`set_observer`](crate::set_observer).
//!
//! If no observer is set, reports go to standard error, at a limited rate. [`Limited`] passes them on to another observer at such a
//! rate. With the feature `tracing`, another observer turns them into events.

pub use super::limited::Limited;
#[cfg(feature = "tracing")]
pub use super::tracing::Tracing;
