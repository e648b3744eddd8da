//! Everything that leaves the crate about a launch: reports, observers, standard error, events and metrics.

pub(crate) mod event;
#[cfg(feature = "metrics")]
pub(crate) mod labels;
pub(crate) mod limit;
mod limited;
pub(crate) mod line;
#[cfg(feature = "metrics")]
pub mod meters;
pub mod observer;
pub(crate) mod place;
pub(crate) mod report;
pub(crate) mod set;
pub(crate) mod stderr;
#[cfg(feature = "tracing")]
mod tracing;

pub(crate) use self::event::{Event, Loss};
pub(crate) use self::report::Report;
pub(crate) use self::set::emit;
