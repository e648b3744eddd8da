//! How a body ended, without the types of its function.

#[cfg(feature = "durable")]
use crate::account::in_flight::InFlight;
#[cfg(feature = "durable")]
use crate::durable::Record;
use crate::task::context::Kept;
use crate::thread::unwind::Panic;

/// How a body ended, without the types of its function: the code that handles it is compiled once.
#[derive(Debug)]
pub enum End {
    /// It went well.
    Ok,
    /// The body returned an error with this text. Boxed, so that an `End` is two words and travels in registers:
    /// through memory, written and read in different sizes, it cost a worker 15 ns per launch.
    Failed(Box<String>),
    /// The body returned an error, which its own handler has taken.
    Handled,
    /// The body ran in a context, in which its end is to be reported.
    Within(Box<Ended>),
    /// The body returned although it is a daemon, and no shutdown has begun.
    Returned,
    /// The body wrote this record; the launch ends when an adapter has stored it.
    #[cfg(feature = "durable")]
    Recorded(Box<Recorded>),
}

/// The end of a body, and the context to report it in.
#[derive(Debug)]
pub struct Ended {
    pub(crate) end: Result<End, Panic>,
    pub(crate) context: Option<Kept>,
}

/// The record that a durable launch wrote, in place of an outcome.
#[cfg(feature = "durable")]
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the runtime alone")]
pub struct Recorded {
    pub(crate) record: Record,
    /// Takes it, and the launch, which it ends when the store has answered.
    pub(crate) hold: fn(InFlight, Record),
}
