//! `restart`: launches a daemon again after an early end, with backoff.
//!
//! `restarting.rs` has the body, and what its launch needs; `again.rs`, the next launch while a body runs; `pauses.rs`, the
//! launches whose pause is not over. The pause is 1 s at first, and doubles up to 60 s; after a body that ran for over 60 s
//! it is 1 s again. A shutdown drops what is scheduled.

mod again;
mod pauses;
mod restarting;

pub use self::again::{Again, Restart};
pub(crate) use self::restarting::Refused;
pub use self::restarting::{
    AsyncRestarting, Restarting, UntilEnded, restarting, settle_restarting, settling,
};
