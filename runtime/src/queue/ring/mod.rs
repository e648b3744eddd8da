//! A bounded queue for many producers and many consumers, without a lock, whose memory is touched only as it fills.

#![allow(unsafe_code)] // What it gains is in `ARCHITECTURE.md`.

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
