//! `restart`: launches a daemon again after an early end, with backoff.
//!
//! `restarting.rs` has the body, and what its launch needs; `again.rs`, the next launch while a body runs; `backoff.rs`, how
//! long the pause is; `scheduled.rs`, the launches whose pause is not over. A shutdown drops what is scheduled.

mod again;
mod backoff;
mod restarting;
mod scheduled;

pub use self::again::{Again, Restart};
pub(crate) use self::restarting::Refused;
pub use self::restarting::{
    AsyncRestarting, Restarting, UntilEnded, restarting, settle_restarting, settling,
};
