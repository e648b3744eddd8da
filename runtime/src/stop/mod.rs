//! The end of the process: when launches are admitted, who waits for those in flight, and what is said at exit.

pub(crate) mod exit;
pub(crate) mod fork;
pub(crate) mod phase;
pub(crate) mod progress;
pub(crate) mod shutdown;
pub(crate) mod stopping;
pub(crate) mod wait;
pub(crate) mod waiting;
