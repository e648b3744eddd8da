//! Waiting until nothing is in flight.

mod blocking;
mod completing;
mod list;
mod pending;
mod quiet;
mod scope;
mod timer;
mod unfinished;
mod wait;

pub(crate) use self::blocking::would_stop_a_runtime;
pub(crate) use self::list::enter;
pub(crate) use self::pending::Pending;
pub(crate) use self::quiet::is_quiet;
pub(crate) use self::scope::{All, Scope};
pub use self::unfinished::{Unfinished, WhyUnfinished};
pub use self::wait::Wait;
pub(crate) use self::wait::{begin, in_a_fork};
