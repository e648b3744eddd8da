//! The bounded pool of worker threads.
//!
//! `pool.rs` is the public type and what a pool has to do with launches, threads and the service thread. `core.rs` is the
//! protocol of its workers, with its state in `state.rs`, the parked workers in `workers.rs`, and the time to spin in
//! `spin.rs`.

mod core;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
mod pool;
pub(super) mod spin;
mod state;
mod worker;
mod workers;

pub use self::pool::{Pool, built_in};
