//! Stores for `#[fire_and_forget(backend = "durable")]`: SQLite in a file, or Postgres.

#![forbid(unsafe_code)]
#![allow(dead_code)]

mod errors;
mod store;

pub use errors::{OpenError, StoreError};
