//! An attribute that makes an ordinary function a launcher. The call returns at once. The body runs on a pool, on a thread
//! of its own, or as an async task. Every launch is counted, and failures are reported.
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
//! // At the top of `main`:
//! let _guard = fire_and_forget::shutdown_on_drop(Duration::from_secs(5));
//! welcome("ada@example.com".into()); // returns at once
//! welcome("ada".into()); // its error is reported on standard error
//! ```
//!
//! ```toml
//! [dependencies]
//! fire-and-forget = { path = "../fire-and-forget/runtime" } # a clone of the repository; Rust 1.88 or later
//! ```
//!
//! # Launching
//!
//! [`#[fire_and_forget]`](macro@fire_and_forget) rewrites one function in place. A call hands over the arguments and
//! returns `()`. The body may run after the call has returned, so the arguments are owned and [`Send`], and the body
//! returns `()`, `!` or `Result<(), E>` with `E: Display`.
//!
//! | a launch | costs its caller |
//! |---|---|
//! | on a pool or a thread | 30 to 100 ns: it moves the arguments into a queue, without a lock, and without an allocation for up to 96 bytes |
//! | of an `async fn` on `"tokio"` | the same on a multi-thread runtime, where a task of the crate spawns it; on a current-thread runtime as much as `tokio::spawn` |
//! | while all workers are parked | some microseconds, to wake one |
//! | the first of a pool | the start of the pool, unless [`Pool::start`] was called |
//!
//! **[Backends](guide::backends#what-a-launch-costs-its-caller)** has the measurements.
//!
//! # Choosing a backend
//!
//! | | a `fn` runs on | an `async fn` runs on | for |
//! |---|---|---|---|
//! | `"pool"`, default of `fn` | a thread of the built-in pool | the same, and occupies it until it is done | short work: mails, audit lines, hashes |
//! | the path of a static [`Pool`] | a thread of that pool | the same | work that must not delay other work, or must keep an order (one thread) |
//! | `"thread"`, or the path of a static [`Threads`] | a new thread | the same | work that blocks for long |
//! | `"tokio"`, default of `async fn` | a thread of the built-in pool, where tokio's timers and `tokio::spawn` work | a task of a tokio runtime: see [`tokio`](tokio/index.html) | waiting for many answers at once |
//! | an expression, such as `self.pool` | the backend whose `&'static` reference it returns at each launch | the same | a pool for each tenant: [guide](guide::backends#one-pool-per-tenant) |
//! | the path of a static of yours | whatever its [`Backend`] implementation uses | the same, or as a task if it is an [`Executor`] | other executors: [guide](guide::executors) |
//!
//! The built-in pool has as many threads as the machine can run in parallel, from 4 to 512. The environment variable
//! `FIRE_AND_FORGET_POOL_THREADS` sets another number. **[Backends](guide::backends)** explains sizes, order, names of
//! threads and costs.
//!
//! # What happens to a launch
//!
//! Every launch ends in exactly one class, and [`ledger`] counts them per function:
//! `launched = in_flight + ok + failed + panicked + lost + refused`.
//!
//! | class | meaning | reported |
//! |---|---|---|
//! | ok | the body returned `()` or `Ok` | no |
//! | failed | the body returned `Err`, or a daemon ended early | yes, or its error is handed to `on_error` |
//! | panicked | the body unwound | yes |
//! | lost | admitted, never finished: see [`Loss`] | yes, with the reason |
//! | refused | never admitted: see [`Refusal`] | yes; not with `on_full = "reject"`, where the caller has the arguments |
//!
//! Reports go to standard error, or where you want them with [`set_observer`]:
//!
//! ```text
//! fire-and-forget: `app::welcome` (src/mail.rs:7) failed: no route; launched at src/api.rs:42
//! ```
//!
//! After a panic, the process and the thread go on, unless the profile has `panic = "abort"`. The panic hook still prints
//! its message, beside the report. With [`hook_panics`], there is only the report. **[Failures](guide::failures)** explains
//! reports in your log, panics, the ledger, and alerting.
//!
//! # When there is too much
//!
//! Every backend of the crate is bounded: a queue has room for 16,384 launches by default, which take 2 MiB. A launch that
//! does not fit is refused, counted and reported. With `on_full`, the caller gets the arguments back (`"reject"`), waits
//! (`"block"`) or runs the body (`"caller_runs"`). `max_in_flight` bounds one function. [`Pool::drop_oldest`] drops the
//! oldest launch instead. **[Overload](guide::overload)** has an example of each, and says how large a queue should be.
//!
//! # Stopping
//!
//! A process that ends loses what is in flight:
//!
//! - [`shutdown`] refuses new launches, and waits for those in flight. [`shutdown_on_drop`] is a guard for `main` that does
//!   so.
//! - [`flush`] waits, and refuses nothing.
//! - Without a shutdown, one line at exit says what is unfinished.
//! - A function that runs until the process stops is a [`daemon`](macro@fire_and_forget#daemon). A shutdown tells it to
//!   stop.
//!
//! SIGTERM stops a service, and runs no guard. **[Stopping](guide::stopping)** has programs that handle it, with and
//! without tokio, and says what happens to work at the deadline.
//!
//! # Testing code that launches
//!
//! With the feature `testing`, launches wait and do not run. A test takes them with their arguments, by function, runs them
//! in launch order, or has them refused: see **[Testing](testing/index.html)**. Without it, a test waits for the pool and
//! asks the ledger: see [the example](guide::questions#how-do-i-test-code-that-launches).
//!
//! # Guide
//!
//! - To decide: [backends](guide::backends), [overload](guide::overload), [stopping](guide::stopping),
//!   [failures](guide::failures), and answers to [questions](guide::questions) that people ask first
//! - To do: [migrating](guide::migrating) from `tokio::spawn`, `rayon::spawn` and `thread::spawn`;
//!   [context](guide::context) that goes along with a launch; [executors](guide::executors) of your own as backends;
//!   [testing](testing/index.html)
//! - To see: [tracing](guide/tracing/index.html) and [metrics](guide/metrics/index.html), each with its feature
//!
//! # Forks and libraries
//!
//! Fork before the first launch and before [`Pool::start`], or call `exec` after the fork. A process that was forked later
//! has no threads of the crate:
//!
//! - Its launches are refused and reported, also in fork handlers (`pthread_atfork`).
//! - [`flush`] and [`shutdown`] return at once, with [`Unfinished`] if something was in flight at the fork. That work goes
//!   on in the parent.
//! - Its exit prints no line.
//! - A body that forks must end the child by `_exit` or `exec`. It must not return in the child. It must not call
//!   `std::process::exit` either, which takes a lock of the standard library.
//!
//! A library that is loaded at run time and launches must call [`shutdown`] before it is unloaded. On Linux with glibc its
//! code stays in memory, because the service thread lives on. On other systems, do not unload it.
//!
//! # Limits
//!
//! Queued launches are in memory: `SIGKILL`, `abort` and a power cut lose them without a report. Launch work that must
//! survive them on `"durable"` (feature `durable`, with the crate `fire-and-forget-durable`): it is written down first,
//! tried again after failures, and run by any program that works on its store. In memory there are no handles, retries,
//! priorities or schedules. If you need the result of a task, use `tokio::spawn`.
//!
//! # Features
//!
//! - `tokio` (default): the backend `"tokio"`. Without it, threads, pools, ledger and shutdown remain. The dependencies are
//!   then `pin-project-lite`, and `syn`, `proc-macro2` and `quote` for the attribute.
//! - `durable`: the backend `"durable"`, for launches that survive the process. It needs a store: the crate
//!   `fire-and-forget-durable` is one, on SQLite or Postgres.
//! - `tracing`: a span for each launch, linked to that of its caller, and reports as events: see the
//!   [guide](guide/tracing/index.html).
//! - `metrics`: launches by class, in flight, queue wait and run time, for the recorder of the `metrics` crate: see the
//!   [guide](guide/metrics/index.html).
//! - `testing`: the module [`testing`](testing/index.html), for dev-dependencies.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod launch;

mod account;
mod task;

mod backend;
mod queue;

mod report;

mod service;
mod stop;

mod sync;
mod thread;
#[cfg(feature = "tracing")]
mod trace;

#[cfg(feature = "testing")]
pub mod testing;

pub mod guide;

#[cfg(all(test, fire_and_forget_shuttle))]
mod schedules;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[doc(inline)]
pub use fire_and_forget_macros::fire_and_forget;

pub use account::counts::Counts;
pub use account::ledger::{Entry, Ledger, ledger};
#[cfg(feature = "durable")]
pub use backend::durable;
#[cfg(feature = "tokio")]
pub use backend::tokio::set_tokio_handle;
pub use backend::{Backend, Executor, Pool, Threads};
pub use launch::rejected::{Refusal, Rejected};
pub use report::event::{Event, Loss};
#[cfg(feature = "metrics")]
pub use report::meters;
pub use report::observer;
pub use report::place::Place;
pub use report::report::Report;
pub use report::set::{AlreadySet, Observer, set_observer};
pub use stop::shutdown::{ShutdownGuard, flush, shutdown, shutdown_on_drop};
pub use stop::stopping::{Stopping, is_stopping, stopping};
pub use stop::wait::{Unfinished, Wait, WhyUnfinished};
pub use task::context::Context;
pub use task::task::Task;
pub use thread::panic_hook::hook_panics;

/// Runs the examples of the README as doctests. Unix only, because one handles SIGTERM.
#[cfg(all(doctest, unix))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Runs the examples of the attribute as doctests, because the macro crate cannot depend on the runtime.
#[cfg(doctest)]
#[doc = include_str!("../../macros/src/examples.md")]
struct Attribute;
