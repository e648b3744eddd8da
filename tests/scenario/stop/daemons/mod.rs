//! Daemons: functions that run until the process stops.

mod bodies;
pub(crate) mod ends;
pub(crate) mod restarts;
pub(crate) mod shutdown;
pub(crate) mod stopping;
