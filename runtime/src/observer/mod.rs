//! What happens to reports: who is told, and what of.

pub(crate) mod report;
pub(crate) mod set;
pub(crate) mod stderr;

pub(crate) use report::{Event, Loss, Report};
pub(crate) use set::emit;
