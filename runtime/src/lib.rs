//! An attribute that makes an ordinary function a launcher: the call returns at once, the body runs on a thread of
//! its own, on a pool, or as an async task, and every launch is accounted for.
//!
//! ```
//! use std::time::Duration;
//! use fire_and_forget::{Pool, fire_and_forget};
//!
//! static MAIL: Pool = Pool::new("mail").threads(4).queue(1024);
//!
//! #[fire_and_forget(backend = MAIL)]
//! fn welcome(to: String) -> Result<(), String> {
//!     if to.contains('@') { Ok(()) } else { Err(format!("`{to}` is not an address")) }
//! }
//!
//! let _guard = fire_and_forget::shutdown_on_drop(Duration::from_secs(5)); // at the top of `main`
//! welcome("ada@example.com".into()); // returns at once
//! welcome("ada".into()); // its error is reported on standard error
//! ```
//!
//! # Launching
//!
//! [`#[fire_and_forget]`](macro@fire_and_forget) rewrites one function in place. Its call hands the arguments over
//! and returns `()`; nobody waits for the body, so the arguments are owned and [`Send`], and the body returns `()`,
//! `!` or `Result<(), E>` with `E: Display`.
//!
//! # Choosing a backend
//!
//! | | a `fn` runs on | an `async fn` runs on | for |
//! |---|---|---|---|
//! | `"pool"`, default of `fn` | a worker of the built-in pool | a worker, which blocks on it | short work: mails, audit lines, hashes |
//! | a path to a `static` | a worker of that [`Pool`] | likewise | work that must not crowd out other work, or keep an order (one thread) |
//! | `"thread"` | a thread of its own | likewise | work that blocks for long |
//! | `"tokio"`, default of `async fn` | a worker, with the runtime entered | a task | waiting for many answers at once |
//!
//! A path may also name [`Threads`], or a type of yours that implements [`Backend`].
//!
//! # What happens to a launch
//!
//! Every launch ends in exactly one class, and [`ledger`] counts them per function:
//! `launched = in_flight + ok + failed + panicked + lost + refused`.
//!
//! | class | meaning | reported |
//! |---|---|---|
//! | ok | the body returned `()` or `Ok` | no |
//! | failed | the body returned `Err` | yes, or handed to `on_error` |
//! | panicked | the body unwound | yes |
//! | lost | admitted, never finished: see [`Loss`] | yes, with the reason |
//! | refused | never admitted: see [`Refusal`] | yes; not with `on_full = "reject"`, where the caller has the arguments |
//!
//! Reports go to standard error, at most ten lines a second per function and kind of report, or to your [`Observer`]:
//!
//! ```text
//! fire-and-forget: `app::mail::welcome` (src/mail.rs:10) failed: connection refused; launched at src/api.rs:42
//! ```
//!
//! # When there is too much
//!
//! Every backend is bounded. A launch that does not fit is refused, counted and reported; `on_full` has the caller
//! take the arguments back (`"reject"`), wait (`"block"`) or run the body (`"caller_runs"`) instead, and
//! `max_in_flight` bounds one function. [`Pool::drop_oldest`] prefers the newest launch.
//!
//! # Stopping
//!
//! A process that ends loses what is in flight. [`shutdown`] refuses new launches and waits for those in flight;
//! [`flush`] waits and goes on; [`shutdown_on_drop`] is a guard for `main`. A process that exits without any of them
//! says in one line what is unfinished.
//!
//! Services are stopped by SIGTERM, which runs neither guards nor exit handlers: handle it.
//!
//! ```no_run
//! # #[cfg(unix)]
//! # async fn service() -> std::io::Result<()> {
//! use std::time::Duration;
//! use tokio::signal::unix::{SignalKind, signal};
//!
//! let mut terminated = signal(SignalKind::terminate())?;
//! tokio::select! {
//!     _ = terminated.recv() => {}
//!     _ = tokio::signal::ctrl_c() => {}
//!     // … and your server …
//! }
//! if let Err(unfinished) = fire_and_forget::shutdown(Duration::from_secs(10)).await {
//!     eprintln!("{unfinished}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! What is queued lives in memory: `SIGKILL`, `abort` and a power cut lose it without a word, and work that must
//! survive them belongs to a job engine with a store. There are no handles, retries, priorities or schedules: who
//! needs the result of a task has `tokio::spawn`.
//!
//! # Features
//!
//! - `tokio` (default): the backend `"tokio"`. Without it, threads, pools, ledger and shutdown remain.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod launch;

mod in_flight;
mod load;
mod outcome;
mod rejected;
mod site;
mod task;
mod work;

mod backend;

mod ledger;
mod observer;

mod shutdown;
mod wait;

mod block_on;
mod body;
mod capacity;
mod exit;
mod ring;
mod service;
mod sync;
mod thread_name;
mod unwind;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[doc(inline)]
pub use fire_and_forget_macros::fire_and_forget;

#[cfg(feature = "tokio")]
pub use backend::tokio;
pub use backend::{Backend, Pool, Threads};
pub use ledger::{Counts, Entry, Ledger, ledger};
pub use observer::{AlreadySet, Event, Loss, Observer, Report, set_observer};
pub use rejected::{Refusal, Rejected};
pub use shutdown::{ShutdownGuard, flush, shutdown, shutdown_on_drop};
pub use task::Task;
pub use wait::{Unfinished, Wait, WhyUnfinished};

/// The examples of the README, run with the others. One handles SIGTERM.
#[cfg(all(doctest, unix))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Those of the attribute: its own crate has no runtime.
#[cfg(doctest)]
#[doc = include_str!("../../macros/src/examples.md")]
struct Attribute;
