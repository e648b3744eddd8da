//! Stores for `#[fire_and_forget(backend = "durable")]`: launches that survive the process, in SQLite or Postgres.
//!
//! # Features
//!
//! - `sqlite` (default): `sqlite:FILE`, with SQLite compiled in.
//! - `postgres`: `postgres://…`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("turn on one of the features `sqlite` and `postgres` of fire-and-forget-durable");

mod jobs;
mod options;

mod counts;
mod errors;
mod transaction;

mod envelope;
mod notice;
mod outbox;
mod prune;
mod spool;
mod store;
mod worker;

#[cfg(test)]
mod testing;

pub use sqlx;

pub use counts::{Counts, Dead, Tally};
pub use errors::{OpenError, StoreError};
pub use jobs::Jobs;
pub use options::{Options, open};
pub use transaction::Connection;
