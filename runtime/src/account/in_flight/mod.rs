//! One launch that has not ended, as a value: it ends in exactly one class, however the value goes.

mod guard;
mod reports;
mod span;
mod ticket;

pub use self::guard::InFlight;
pub(crate) use self::ticket::Ticket;
