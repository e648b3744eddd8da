//! A pool: its queue, its threads, and waits for it.

mod flush;
mod queue;
mod starts;
mod workers;
