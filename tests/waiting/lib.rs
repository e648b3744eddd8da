//! What tests and the bodies that they launch have in common: how they wait for each other, in vain for a while and never
//! for ever; backends that run nothing; numbers that a seed determines.

pub mod backends;
mod deadline;
mod gate;
mod random;
mod reports;
mod signal;
mod stop;

pub use deadline::{Begun, PATIENCE, begin, in_time, wait_until};
pub use gate::{Gate, Pass, Sticky};
pub use random::{Random, any_seed, spin_for};
pub use reports::silence_reports;
pub use signal::{Signal, signal};
pub use stop::work_until_stopping;
