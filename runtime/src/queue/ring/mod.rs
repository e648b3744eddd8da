//! A bounded queue for many producers and many consumers, without a lock.
//!
//! `ring.rs` is the algorithm, `laps.rs` the arithmetic of its positions, `slots.rs` and `system/` its memory,
//! `resident.rs` how much of that memory is resident, and `models.rs` what loom checks. All unsafe code of the queue is in
//! here, behind safe functions.

#![allow(unsafe_code)] // `ARCHITECTURE.md` has the measured gain.

mod laps;
#[cfg(all(test, fire_and_forget_loom))]
mod models;
mod resident;
mod ring;
mod slots;
#[cfg(not(any(fire_and_forget_loom, fire_and_forget_shuttle)))]
mod system;

pub(crate) use self::resident::IDLE;
pub use self::ring::Vacant;
pub(crate) use self::ring::{Occupied, Ring};
