//! Where launches wait to be spawned by a task of an executor: the protocol, which knows no executor.

#[cfg(not(feature = "tokio"))]
mod absent;
#[cfg(any(feature = "tokio", all(test, fire_and_forget_loom)))]
pub(super) mod core;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
#[cfg(any(feature = "tokio", all(test, fire_and_forget_loom)))]
pub(super) mod state;

#[cfg(not(feature = "tokio"))]
pub(crate) use self::absent::Lane;
#[cfg(feature = "tokio")]
pub(crate) use super::tokio::lane::Lane;
