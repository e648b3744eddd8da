//! Work that survives the process: what an adapter to a store of jobs needs, and nothing of any store.
//!
//! A launch with `backend = "durable"` is written down, and run by whoever takes it out of the store, here or elsewhere. The
//! crate `fire-and-forget-durable` is such an adapter, to two databases; most users need of this module only [`flush`] and [`job`].
//!
//! Each durable function has two rows in the [ledger](crate::ledger()):
//!
//! | backend | counts | *ok* means | *lost* means |
//! |---|---|---|---|
//! | `durable` | the launches of this process | the store has it | the store never took it |
//! | `durable worker` | the executions in this process | the body returned `()` or `Ok` | its runtime dropped it; the store gives it to another |
//!
//! # Writing an adapter
//!
//! Launches wait in an outbox in memory, with room for 16,384 and another 4,096 whose arguments have been written down. An
//! adapter
//!
//! 1. asks [`check`] whether each name stands for one function, before anything else;
//! 2. takes launches with [`next`], puts them into its store, and says so with [`Launch::stored`], or why not, with
//!    [`Launch::failed`]. The store may be away for a while: they are in flight until then;
//! 3. takes those of one closure with [`collect`], where its user wants to wait for them, or has a transaction;
//! 4. has a job that it fetched done with [`perform`], and tells its store what the [`Verdict`] is. When that was the last
//!    attempt, it says so with [`Stored::give_up`];
//! 5. holds a [`Hold`] while its store does not know yet what has been done; stops fetching at [`stopping`], and leaves when
//!    [`ended`] is ready;
//! 6. keeps [`Launch::launched_in`] beside the arguments for [`Stored::launched_in`], so that traces go on behind the store; with
//!    the feature `tracing`, `propagate` says how a span is described;
//! 7. gives [`on_deadline`] a function that saves, in a file, what could not be stored when a shutdown gives up.
//!
//! What is in a row of a store is data: it chooses no code but a function of its name. Arguments above [`MOST_BYTES`], or deeper
//! than [`DEEPEST`], are neither written nor read.

mod arguments;
mod current;
mod definition;
mod outbox;
mod run;
mod stop;

use std::time::Duration;

pub use self::arguments::{DEEPEST, MOST_BYTES, Undecodable};
pub use self::current::{Job, job};
pub use self::definition::{Duplicate, Function, check, functions};
pub use self::outbox::{Collected, Launch, collect, next, on_deadline};
pub use self::run::{Execution, Performance, Stored, Verdict, perform};
pub use self::stop::{Hold, Stop, ended, stopping};
#[cfg(feature = "tracing")]
pub use crate::trace::propagation::{Propagation, propagate};

pub(crate) use self::arguments::Record;
pub(crate) use self::current::launched_at;
pub(crate) use self::definition::{is_launch, is_stored};
#[cfg(feature = "tracing")]
pub(crate) use self::outbox::is_launch_of_one;
pub(crate) use self::outbox::{hold, misses, save_what_is_left, wait_for_late_ones};
#[cfg(feature = "testing")]
pub(crate) use self::run::run_in_a_test;
pub(crate) use self::stop::{changed, is_held, tell};

use crate::stop::wait::{self, Scope, Wait};

/// What the expansion names.
pub(crate) mod private {
    pub use super::arguments::{Arguments, Record, Storable};
    pub use super::definition::{Definition as Job, JobOptions, Listed};
    pub use super::outbox::{Outbox, durable, store};
    pub use super::run::Run;
}

/// Waits until each launch of a durable function is in the store, and keeps accepting launches meanwhile.
///
/// # Errors
///
/// The wait fails with [`Unfinished`](crate::Unfinished) when `timeout` passes first; at once when called inside a launched
/// body or what else a launch [waits for](crate::WhyUnfinished::InsideBody).
///
/// # Cancel safety
///
/// Dropping the [`Wait`] stops the waiting and nothing else.
pub fn flush(timeout: Duration) -> Wait {
    wait::begin(Scope::Stored, timeout)
}

/// How many bytes the description of a span may take: 4 KiB.
pub const MOST_TRACE_BYTES: usize = 4096;

/// The name of the backend.
pub(crate) const NAME: &str = "durable";

/// What workers do is counted apart from what is launched.
pub(crate) const WORKER: &str = "durable worker";
