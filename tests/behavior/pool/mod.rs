//! The pool.

mod flush;
mod queue;
mod starts;
mod workers;
