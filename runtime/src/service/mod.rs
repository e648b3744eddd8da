//! The service thread, and what it does for everybody else: it creates and joins threads, and drops what was evicted.

pub(crate) mod evictions;
pub(crate) mod service;
pub(crate) mod threads;
