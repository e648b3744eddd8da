//! Launches that survive the process: the interface between launches and an adapter, which knows a store of jobs.
//!
//! A launch with `backend = "durable"` is put into a store; a worker, in this process or in another, takes it out and runs the
//! body. The crate `fire-and-forget-durable` is an adapter for SQLite and Postgres. Most users need only [`flush`] and
//! [`job`] of this module.
//!
//! Each durable function has two rows in the [ledger](crate::ledger()):
//!
//! | backend | counts | *ok* means | *lost* means |
//! |---|---|---|---|
//! | `durable` | the launches of this process | the store has it | the store never took it |
//! | `durable worker` | the executions in this process | the body returned `()` or `Ok` | its runtime dropped it; the store gives the job to another worker |
//!
//! # Writing an adapter
//!
//! Launches wait in an outbox in memory, with room for 16,384 launches and another 4,096 whose arguments have been written as
//! JSON. An adapter
//!
//! 1. calls [`check`] before anything else, to make sure that each name stands for one function;
//! 2. takes launches with [`next`], stores them, and ends each with [`Launch::stored`] or, if the store will never take it,
//!    [`Launch::failed`]. A launch is in flight until then, also while the store is away;
//! 3. takes the launches of one closure with [`collect`], for a user who waits for them or has a transaction;
//! 4. runs a job that it fetched with [`perform`], and writes the [`Verdict`] to its store. After the last attempt, it calls
//!    [`Stored::give_up`];
//! 5. keeps a [`Hold`] while its store does not know all verdicts; stops fetching when [`stopping`] is ready, and leaves when
//!    [`ended`] is ready;
//! 6. stores [`Launch::launched_in`] beside the arguments and returns it as [`Stored::launched_in`], so that traces continue
//!    behind the store; with the feature `tracing`, `propagate` sets how a span is described;
//! 7. gives [`on_deadline`] a function that saves launches to a file which could not be stored before the deadline of a
//!    shutdown.
//!
//! The content of a row is data. The only code that it chooses is the function with its name. Arguments above [`MOST_BYTES`],
//! or nested deeper than [`DEEPEST`], are neither written nor read.

mod arguments;
mod current;
mod definition;
mod flush;
mod missing;
mod names;
mod outbox;
mod run;
mod stop;

pub use self::arguments::{DEEPEST, MOST_BYTES, Undecodable};
pub use self::current::{Job, job};
pub use self::definition::{Duplicate, Function, check, functions};
pub use self::flush::flush;
pub use self::names::MOST_TRACE_BYTES;
pub use self::outbox::{Collected, Launch, collect, next, on_deadline};
pub use self::run::{Execution, Performance, Stored, Verdict, perform};
pub use self::stop::{Hold, ended, stopping};
#[cfg(feature = "tracing")]
pub use crate::trace::propagation::{Propagation, propagate};

pub(crate) use self::arguments::Record;
pub(crate) use self::current::launched_at;
#[cfg(feature = "tracing")]
pub(crate) use self::missing::is_launch_of_one;
pub(crate) use self::missing::misses;
pub(crate) use self::names::{NAME, WORKER};
pub(crate) use self::outbox::{save_what_is_left, wait_for_late_ones};
#[cfg(feature = "testing")]
pub(crate) use self::run::run_in_a_test;
pub(crate) use self::stop::{changed, is_held, tell};

/// The items that the expansion names.
pub(crate) mod private {
    pub use super::arguments::{Arguments, Record, Storable};
    pub use super::definition::{Definition as Job, JobOptions, Listed};
    pub use super::outbox::{Outbox, durable, store};
    pub use super::run::Run;
}
