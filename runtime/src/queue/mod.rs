//! Where launches wait to be run, and where callers wait for room.

pub(crate) mod capacity;
pub(crate) mod ring;
