//! Contexts: values that a launch captures in its caller, and that are in force around its body, its destructors and its
//! report.
//!
//! The captured contexts travel in a wrapper around the body (`within.rs`), so a launch without one is no larger. The scope
//! of a context is code of the user's that may panic (`scope.rs`). An ended body returns its context with its value, and is
//! reported in it (`finished.rs`); a body that is dropped leaves its context for the report in a thread-local (`kept.rs`).

mod context;
mod finished;
mod kept;
mod scope;
mod within;

pub use self::context::{Both, Captured, Context, Contexts, both, captured};
#[cfg(feature = "durable")]
pub use self::context::{ToStore, to_store};
pub use self::finished::{Finished, settle_within};
pub(crate) use self::kept::{Kept, keep};
pub(crate) use self::scope::{Ran, run, run_anyway};
pub use self::within::{Scoped, Within, within};
