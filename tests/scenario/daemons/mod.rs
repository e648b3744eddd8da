//! Functions that go on until the process stops.

mod bodies;
pub(crate) mod ends;
pub(crate) mod restarts;
pub(crate) mod stopping;
pub(crate) mod waits;
