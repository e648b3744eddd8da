//! Launches that survive their process, in a file of SQLite or in Postgres: a store for
//! [`#[fire_and_forget(backend = "durable")]`](fire_and_forget::durable).
//!
#![cfg_attr(feature = "sqlite", doc = "```no_run")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use std::time::Duration;
//! use fire_and_forget::fire_and_forget;
//! use fire_and_forget_durable::sqlx;
//!
//! #[fire_and_forget(backend = "durable", attempts = 5)]
//! async fn welcome(to: String, order: i64) -> Result<(), std::io::Error> {
//!     println!("welcome, {to}, and thank you for order {order}");
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // A file, nothing to install. To grow: "postgres://…", and the same program on as many machines as you like.
//!     let jobs = fire_and_forget_durable::open("sqlite:jobs.db").await?;
//!     jobs.work(8); // this process does the work, too; left out where it only launches
//!     welcome("ada@example.com".into(), 7); // returns at once; in the store some milliseconds later
//!     jobs.stored(|| welcome("bob@example.com".into(), 8)).await?; // returns when it is committed
//!     jobs.later(Duration::from_secs(3600), || welcome("cyd@example.com".into(), 9)).await?; // not before then
//!
//!     let db = sqlx::SqlitePool::connect("sqlite:jobs.db").await?; // your own tables may be there, too
//!     sqlx::query("CREATE TABLE IF NOT EXISTS orders (id INTEGER)").execute(&db).await?;
//!     let mut transaction = db.begin().await?;
//!     sqlx::query("INSERT INTO orders (id) VALUES (10)").execute(&mut *transaction).await?;
//!     jobs.stored_in(&mut *transaction, || welcome("eve@example.com".into(), 10)).await?;
//!     transaction.commit().await?; // done if, and only if, this is committed
//!
//!     tokio::signal::ctrl_c().await?; // a service goes on until it is told to stop
//!     fire_and_forget::shutdown(Duration::from_secs(10)).await?; // all is stored; what runs ends, what waits goes back
//!     Ok(())
//! }
//! ```
//!
//! It prints a line for each job that is due. Without the wait for Ctrl-C it may print nothing: a shutdown begins no job that it
//! finds in the store, and the next process that works does it.
//!
//! ```toml
//! [dependencies]
//! fire-and-forget = { path = "../fire-and-forget/runtime", features = ["durable"] } # a clone of the repository
//! fire-and-forget-durable = { path = "../fire-and-forget/durable" } # Rust 1.94 or later; `features = ["postgres"]` for Postgres
//! ```
//!
//! # What is promised
//!
//! - What [`Jobs::stored`] or [`Jobs::later`] has returned for is committed, and is done **at least once**: a job whose worker
//!   dies is run again, by whoever works on its queue. A body learns its id and attempt from
//!   [`durable::job()`](fire_and_forget::durable::job()).
//! - A plain call returns at once; until it is stored, some milliseconds later, `kill -9` loses it.
//! - A job that fails, by an error, a panic or its timeout, is tried again after 1, 2, 4 … seconds, at most an hour, each up to a
//!   quarter longer. After `attempts` failures it is dead, reported once as given up, and kept: see [`Jobs::dead`].
//! - A job whose process dies while it runs is tried again by itself, and is dead after three deaths.
//! - A row that cannot be read, or whose function this program lacks, holds nobody up. The first is dead after three returns,
//!   the second never: a program of another version may have it.
//! - While the store is away, launches wait in memory, within the bound of their queue. What could not be stored when a
//!   shutdown gives up is written to a file, and stored by the next [`open`]: see [`Options::spool_file`].
//! - Times are those of the store: clocks of machines may differ.
//!
//! When it is the right tool, what is lost when, and how to deploy: see the [guide](guide).
//!
//! # The store
//!
//! Tables, statuses and the protocol of workers are those of [apalis](https://docs.rs/apalis) 1.0, so that its dashboard and
//! tools read them; the workers are this crate's. In SQLite they are `Jobs` and `Workers`, and may be in the file of your own
//! tables; in Postgres they are in a schema of their own, `apalis`, and creating them takes the rights of the database's owner
//! (with the extensions `hstore` and `pgcrypto`, which come with the server, 13 or later). Whoever only works needs `USAGE` on that schema
//! and to read and write its tables.
//!
//! In Postgres there are two indexes of this crate's as well, `ff_jobs_taken` and `ff_jobs_ended`, which the owner creates by opening
//! the store. Without them, looking for the jobs of dead workers and pruning read more, and nothing else changes.
//!
//! Arguments are stored as JSON, readable for whoever may read the database. They are in no report, log line or error, nor is the
//! password of the URL.
//!
//! # Limits
//!
//! A launch takes at most 1 MiB of arguments, nested at most 64 deep. A process opens one store. SQLite counts in whole seconds.
//!
//! # Features
//!
//! - `sqlite` (default): `sqlite:FILE`, with SQLite compiled in.
//! - `metrics`: what waits, runs and is dead, for the recorder of the `metrics` crate: see `meters`.
//! - `opentelemetry`: the span of a job links to the span that launched it, in another process as well, with
//!   `tracing-opentelemetry` 0.34: see the [guide](guide#traces).
//! - `postgres`: `postgres://…`. For TLS, turn a `tls-…` feature of sqlx 0.9 on.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("turn on one of the features `sqlite` and `postgres` of fire-and-forget-durable");

mod jobs;
#[cfg(feature = "metrics")]
pub mod meters;
mod options;

#[doc = include_str!("guide.md")]
pub mod guide {}

mod counts;
mod endings;
mod errors;
mod transaction;

mod envelope;
mod notice;
mod outbox;
mod prune;
mod service;
mod spool;
mod store;
#[cfg(feature = "opentelemetry")]
mod trace_context;
mod worker;

#[cfg(test)]
mod testing;

pub use sqlx;

pub use counts::{Counts, Dead, Tally};
pub use errors::{OpenError, StoreError};
pub use jobs::Jobs;
pub use options::{Options, open};
pub use transaction::Connection;
