//! How callers under `on_full = "block"` wait for room: first in a loop, then asleep.
//!
//! `capacity.rs` has the loop. `room.rs` has the waiters of one queue or one limit, each of which is woken for one place;
//! `foreign_backends.rs` those of backends of the user's, which do not say when they have room.

mod capacity;
mod foreign_backends;
mod room;

pub(crate) use self::capacity::{shut_down, wait_until_over};
pub(crate) use self::foreign_backends::{freed, is_awaited, wake_all};
pub(crate) use self::room::{Attempt, Permit, Room};
