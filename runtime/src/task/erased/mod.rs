//! A body with its arguments, of whatever type, in a place of fixed size.

#![allow(unsafe_code)] // What it gains is in `ARCHITECTURE.md`.

mod body;
pub(crate) mod future;
pub(crate) mod launch;
pub(crate) mod spawning;

pub(crate) use self::body::{Body, ErasedBody, INLINE_BYTES, fits, site};
