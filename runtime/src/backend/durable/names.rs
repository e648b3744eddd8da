//! What others know of durable functions by name.

/// The largest size of a span's description, in bytes: 4 KiB.
pub const MOST_TRACE_BYTES: usize = 4096;

/// The backend's name of launches.
pub(crate) const NAME: &str = "durable";

/// The backend's name of executions, which are counted apart from launches.
pub(crate) const WORKER: &str = "durable worker";
