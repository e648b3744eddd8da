//! Waiting until nothing is in flight.

mod list;
mod pending;
mod scope;
mod timer;
mod unfinished;
mod wait;

pub(crate) use self::list::{enter, is_quiet, maintain};
pub(crate) use self::pending::Pending;
pub(crate) use self::scope::Scope;
pub use self::unfinished::{Unfinished, WhyUnfinished};
pub use self::wait::Wait;
pub(crate) use self::wait::{begin, in_a_fork, would_stop_a_runtime};
