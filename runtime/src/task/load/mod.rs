//! A body with its arguments, of whatever type, in a place of fixed size.

#![allow(unsafe_code)] // What it gains is in `ARCHITECTURE.md`.

pub(crate) mod future;
pub(crate) mod launch;
mod load;
pub(crate) mod spawning;

pub(crate) use self::load::{Body, INLINE_BYTES, Load, fits, site};
