//! Where callers under `on_full = "block"` wait for room.

mod capacity;
mod elsewhere;
mod room;

pub(crate) use self::capacity::{Attempt, shut_down, wait_until_over};
pub(crate) use self::elsewhere::{announce, freed, is_awaited};
pub(crate) use self::room::{Permit, Room};
