//! One launch that has not ended, as a value that ends in exactly one class.

mod guard;
mod reports;
mod span;
mod ticket;

pub use self::guard::InFlight;
pub(crate) use self::ticket::{DAEMON, Ticket, WITHOUT_A_THREAD};
