//! Type erasure without an allocation: a body, or a future, of any type in a place of fixed size.
//!
//! A value is stored together with the methods of its type, as a `Box<dyn Trait>` would have them, but in place. The
//! invariant of both files: while there are methods, the place holds a value of their type. A method that consumes the value
//! is called only after the methods have been taken out.

#![allow(unsafe_code)] // `ARCHITECTURE.md` has the measured gain.

mod body;
pub(crate) mod future;
pub(crate) mod launch;
pub(crate) mod spawning;

pub(crate) use self::body::{Body, ErasedBody, INLINE_BYTES, fits, site};
