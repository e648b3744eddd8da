//! Observers that come with the crate, for [`set_observer`](crate::set_observer).
//!
//! If no observer is set, reports go to standard error, at a limited rate. [`Limited`] passes them on to another observer at such a
//! rate. With the feature `tracing`, another observer turns them into events.

pub(crate) mod limit;
mod limited;
pub(crate) mod report;
pub(crate) mod set;
pub(crate) mod stderr;
#[cfg(feature = "tracing")]
mod tracing;

pub use self::limited::Limited;
#[cfg(feature = "tracing")]
pub use self::tracing::Tracing;

pub(crate) use report::{Event, Loss, Report};
pub(crate) use set::emit;
