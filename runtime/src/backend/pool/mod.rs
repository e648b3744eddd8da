//! The bounded pool of worker threads.
//!
//! `pool.rs` is the public type, and what a pool has to do with launches and the service thread; `shared.rs`, what it has once
//! it is started; `built_in.rs`, the pool behind `"pool"`, and `evictions.rs`, the one that drops what others have evicted.
//! `core.rs` is the protocol of its workers, with its state in `state.rs`, the parked workers in `workers.rs`, and the time to
//! spin in `spin.rs`.

mod built_in;
mod core;
mod evictions;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
mod pool;
mod shared;
pub(super) mod spin;
mod state;
mod worker;
mod workers;

pub use self::built_in::built_in;
pub use self::pool::Pool;
