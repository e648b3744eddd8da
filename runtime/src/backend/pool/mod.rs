//! The bounded pool of worker threads.

mod core;
pub(super) mod linger;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
mod pool;
mod roster;
mod word;
mod worker;

pub use self::pool::{Pool, built_in};
