//! How tests and the bodies that they launch wait for each other: in vain for a while, and never for ever. And what else more than
//! one of them needs.

pub mod backends;
mod deadline;
mod gate;
mod random;
mod signal;

pub use deadline::{Begun, PATIENCE, begin, in_time, wait_until};
pub use gate::{Gate, Pass, Sticky};
pub use random::{Random, any_seed, spin_for};
pub use signal::{Signal, signal};
