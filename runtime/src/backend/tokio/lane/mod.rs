//! Lanes: queues of launches that a task of ours spawns on its runtime, so that the caller neither allocates nor locks.
//!
//! Each multi-thread runtime that was launched on has one lane (`shared.rs`), found by the runtime's id (`here.rs`) in a list
//! (`list.rs`). Its launches are spawned by the dispatcher, a task of ours, and while many wait by further ones
//! (`helpers.rs`). The protocol, which decides who wakes the dispatcher and who spawns in its place, is in `backend/lane/`
//! and knows no tokio.

mod dispatcher;
mod helpers;
mod here;
mod lane;
mod list;
mod shared;

pub(super) use self::here::lane as here;
pub(crate) use self::lane::Lane;
