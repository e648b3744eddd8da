//! Contexts: what a launch captures of its caller, and what its code runs in.

mod context;
mod finished;
mod kept;
mod scope;
mod within;

pub use self::context::{Both, Captured, Context, Contexts, both, captured};
#[cfg(feature = "durable")]
pub use self::context::{ToStore, to_store};
pub use self::finished::{Ended, Finished, settle_within};
pub(crate) use self::kept::{Kept, keep};
pub(crate) use self::scope::{Ran, run, run_anyway};
pub use self::within::{Scoped, Within, within};
