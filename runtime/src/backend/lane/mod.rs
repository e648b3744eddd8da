//! A lane: launches wait in a queue until a task of ours spawns them on their runtime. The protocol is here, and knows no
//! runtime; `backend/tokio/lane/` has the task and finds the lane of a thread. Without tokio there are no lanes.

#[cfg(not(feature = "tokio"))]
mod absent;
#[cfg(any(feature = "tokio", all(test, fire_and_forget_loom)))]
pub(super) mod core;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
#[cfg(any(feature = "tokio", all(test, fire_and_forget_loom)))]
pub(super) mod state;

#[cfg(not(feature = "tokio"))]
pub(crate) use self::absent::{Lane, Runtime};
#[cfg(feature = "tokio")]
pub(crate) use super::tokio::lane::Lane;
#[cfg(feature = "tokio")]
pub(crate) use ::tokio::runtime::Handle as Runtime;
