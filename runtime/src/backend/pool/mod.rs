//! The bounded pool of worker threads.

mod core;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
mod pool;
pub(super) mod spin;
mod state;
mod worker;
mod workers;

pub use self::pool::{Pool, built_in};
