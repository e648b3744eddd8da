//! The pool.

mod flush;
mod queue;
mod workers;
