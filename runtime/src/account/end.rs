//! How a body ended, without the types of its function.

#[cfg(feature = "durable")]
use crate::account::in_flight::InFlight;
#[cfg(feature = "durable")]
use crate::durable::Record;
use crate::task::context::Kept;
use crate::thread::unwind::Panic;

/// How a body that came to its end ended, without the types of its function: what is done about it is compiled once.
#[derive(Debug)]
pub enum End {
    /// It went well.
    Ok,
    /// With an error, which says this. Boxed, so that an end is two words, which go from hand to hand in registers:
    /// through memory, in pieces of another size than they were written in, cost a worker 15 ns per launch.
    Failed(Box<String>),
    /// With an error that the function's own handler has had.
    Handled,
    /// In a context, in which it is to be reported.
    Within(Box<Ended>),
    /// Though it is a daemon, and no shutdown has begun.
    Returned,
    /// Not yet: with this in a store, which is up to an adapter.
    #[cfg(feature = "durable")]
    Recorded(Box<Recorded>),
}

/// The end of a body, and the context to report it in.
#[derive(Debug)]
pub struct Ended {
    pub(crate) end: Result<End, Panic>,
    pub(crate) context: Option<Kept>,
}

/// What a launch wrote down in place of an outcome.
#[cfg(feature = "durable")]
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the runtime alone")]
pub struct Recorded {
    pub(crate) record: Record,
    /// Takes it, and the launch, which it ends when the store has answered.
    pub(crate) hold: fn(InFlight, Record),
}
