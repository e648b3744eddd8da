//! Lanes: queues of launches that a task of ours spawns on its runtime, so that the caller neither allocates nor locks.
//!
//! Each multi-thread runtime that was launched on has one lane, found by the runtime's id (`here.rs`). The protocol, which
//! decides who wakes the task and who spawns in its place, is in `backend/lane/` and knows no tokio.

mod here;
mod lane;

pub(super) use self::here::lane as here;
pub(crate) use self::lane::Lane;
