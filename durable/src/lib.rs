//! A store for [`#[fire_and_forget(backend = "durable")]`](fire_and_forget::durable). It keeps launches in an SQLite file or in
//! Postgres, so they survive their process.
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
//!     jobs.work(8); // this process runs jobs, too; leave it out in one that only launches
//!     welcome("ada@example.com".into(), 7); // returns at once; in the store some milliseconds later
//!     jobs.stored(|| welcome("bob@example.com".into(), 8)).await?; // returns when it is committed
//!     jobs.later(Duration::from_secs(3600), || welcome("cyd@example.com".into(), 9)).await?; // runs in an hour at the earliest
//!
//!     let db = sqlx::SqlitePool::connect("sqlite:jobs.db").await?; // your own tables may be there, too
//!     sqlx::query("CREATE TABLE IF NOT EXISTS orders (id INTEGER)").execute(&db).await?;
//!     let mut transaction = db.begin().await?;
//!     sqlx::query("INSERT INTO orders (id) VALUES (10)").execute(&mut *transaction).await?;
//!     jobs.stored_in(&mut *transaction, || welcome("eve@example.com".into(), 10)).await?;
//!     transaction.commit().await?; // the job runs if, and only if, this is committed
//!
//!     tokio::signal::ctrl_c().await?; // a service runs until it is told to stop
//!     fire_and_forget::shutdown(Duration::from_secs(10)).await?; // stores all launches, lets running jobs end, puts back the rest
//!     Ok(())
//! }
//! ```
//!
//! It prints a line for each job that is due. Without the wait for Ctrl-C it may print nothing, because no more jobs are
//! started once a shutdown has begun. The next process with a worker runs them.
//!
//! ```toml
//! [dependencies]
//! fire-and-forget = { path = "../fire-and-forget/runtime", features = ["durable"] } # a clone of the repository
//! fire-and-forget-durable = { path = "../fire-and-forget/durable" } # Rust 1.94 or later; `features = ["postgres"]` for Postgres
//! ```
//!
//! # What is promised
//!
//! - When [`Jobs::stored`] or [`Jobs::later`] returns, the job is committed. It runs **at least once**: if its worker dies,
//!   another worker of its queue runs it again. A body gets its id and attempt from
//!   [`durable::job()`](fire_and_forget::durable::job()).
//! - A plain call returns at once. It is stored some milliseconds later; until then, `kill -9` loses it.
//! - A job that fails, by an error, a panic or its timeout, is tried again after 1, 2, 4 … seconds, at most an hour. Each pause is
//!   up to a quarter longer, at random. After `attempts` failures the job is dead: it is reported once as given up, and kept. See
//!   [`Jobs::dead`].
//! - A job whose process dies while it runs is tried again alone. After three such deaths it is dead.
//! - A row that cannot be read, or whose function is not in this program, holds up no other job. The worker puts it back. The first
//!   kind is dead after three returns. The second is never dead, because another version of the program may have the function.
//! - While the store is away, launches wait in memory, within the bound of their queue. If a shutdown reaches its deadline, it
//!   writes launches that are not stored to a file, and the next [`open`] stores them: see [`Options::spool_file`].
//! - All times come from the store, so the clocks of machines may differ.
//!
//! The [guide](guide) says when to use it, what can be lost, and how to deploy.
//!
//! # The store
//!
//! Tables, statuses and the protocol of workers are those of [apalis](https://docs.rs/apalis) 1.0, so its dashboard and tools can read
//! them. The workers are part of this crate.
//!
//! In SQLite the tables are `Jobs` and `Workers`. They may be in the same file as your own tables. In Postgres they are in the schema
//! `apalis`. To create them, you need the rights of the database's owner, and the extensions `hstore` and `pgcrypto`, which come with
//! the server (13 or later). A user that only works needs `USAGE` on that schema, and needs to read and write its tables.
//!
//! In Postgres this crate adds two indexes, `ff_jobs_taken` and `ff_jobs_ended`. They are created when the owner opens the store.
//! Without them, pruning and the search for jobs of dead workers read more rows; nothing else changes.
//!
//! Arguments are stored as JSON: every reader of the database can read them. They are not in reports, log lines or errors. The
//! password of the URL is not, either.
//!
//! # Limits
//!
//! A launch takes at most 1 MiB of arguments, nested at most 64 deep. A process opens one store. SQLite counts in whole seconds.
//!
//! # Features
//!
//! - `sqlite` (default): `sqlite:FILE`, with SQLite compiled in.
//! - `postgres`: `postgres://…`. For TLS, turn on a `tls-…` feature of sqlx 0.9.
//! - `metrics`: how many jobs wait, run and are dead, for the recorder of the `metrics` crate: see `meters`.
//! - `opentelemetry`: the span of a job links to the span that launched it, also in another process, with
//!   `tracing-opentelemetry` 0.34: see the [guide](guide#traces).

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("enable the feature `sqlite` or `postgres` of `fire-and-forget-durable`");

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
