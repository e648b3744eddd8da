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
//! // At the top of `main`:
//! let _guard = fire_and_forget::shutdown_on_drop(Duration::from_secs(5));
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
//! The caller pays for moving the arguments into a queue, without a lock, and without an allocation if they fit into
//! 96 bytes: around 100 ns. If no thread looks at the queue, it also wakes one, which takes microseconds. An
//! `async fn` on `"tokio"` costs what `tokio::spawn` costs. The first launch of a pool also starts it, unless
//! [`Pool::start`] did.
//!
//! # Choosing a backend
//!
//! | | a `fn` runs on | an `async fn` runs on | for |
//! |---|---|---|---|
//! | `"pool"`, default of `fn` | a thread of the built-in pool | likewise, and occupies it until it is done | short work: mails, audit lines, hashes |
//! | the path of a static [`Pool`] | a thread of that pool | likewise | work that must not crowd out other work, or keep an order (one thread) |
//! | `"thread"`, or the path of a static [`Threads`] | a new thread | likewise | work that blocks for long |
//! | `"tokio"`, default of `async fn` | a thread of the built-in pool, where tokio's timers and `tokio::spawn` work | a task of a tokio runtime: see [`tokio`](tokio/index.html) | waiting for many answers at once |
//! | the path of a static of yours | what its [`Backend`] says | likewise | other executors |
//!
//! **The built-in pool** has as many threads as the machine can run in parallel, at least 4; or as many as the
//! environment variable `FIRE_AND_FORGET_POOL_THREADS` says (1 to 65,536), read when the pool is first used.
//!
//! **Order.** A pool of one thread runs launches first in, first out. Only what a caller runs in place overtakes the
//! queue: with `on_full = "caller_runs"`, and with `"block"` where the caller is itself a launched body. Other
//! backends keep no order.
//!
//! **Threads** are named after their pool and numbered (`mail-0`), or after their function; a long name is cut to its
//! last 15 bytes, which is what Linux shows. The one called `fire-and-forget` creates the others and keeps deadlines;
//! `ff-tokio` are those of the tokio runtime that starts where there is none, and `ff-deadline` lives while a shutdown is
//! awaited.
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
//! Reports go to standard error, at most ten lines a second per function and kind of report, or where you want them
//! with [`set_observer`], `log` for example; with the feature `tracing` there is an [`observer`] for them:
//!
//! ```text
//! fire-and-forget: `app::welcome` (src/mail.rs:7) failed: no route; launched at src/api.rs:42
//! ```
//!
//! A panic ends neither the process nor a thread (unless `panic = "abort"` says so). The standard panic hook prints
//! it as well, before the report, so there are two messages; [`std::panic::set_hook`] changes the first.
//!
//! # When there is too much
//!
//! Every backend that comes with the crate is bounded. A launch that does not fit is refused, counted and reported;
//! `on_full` has the caller take the arguments back (`"reject"`), wait (`"block"`) or run the body (`"caller_runs"`)
//! instead, and `max_in_flight` bounds one function. [`Pool::drop_oldest`] prefers the newest launch.
//!
//! **Memory.** A queue has room for 16,384 launches, unless [`Pool::queue`] or [`Threads::queue`] says otherwise. Each
//! takes 128 bytes there, so a queue comes to 2 MiB; that of a [`Pool`] is touched, up to 4 MiB, by its first idle
//! worker, so that no caller waits for the system to provide it. Add what the arguments own, and arguments of more than
//! 96 bytes, which lie outside. On `"tokio"`, so many tasks of one `async fn` may be in flight, unless `max_in_flight`
//! says otherwise; each has the size of its future.
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
//! # Testing code that launches
//!
//! With the feature `testing`, launches wait in the test instead of running: it takes them out with their arguments, by
//! function, or runs them in launch order, or has them refused. [`testing`](testing/index.html) shows how.
//!
//! To see them through their queue instead, wait for its pool, without sleeping, and ask the ledger how they ended:
//!
//! ```
//! use std::time::Duration;
//! use fire_and_forget::{Pool, fire_and_forget, ledger};
//!
//! static MAIL: Pool = Pool::new("mail");
//!
//! #[fire_and_forget(backend = MAIL, name = "welcome")]
//! fn welcome(to: String) {
//!     println!("welcome, {to}");
//! }
//!
//! fn sign_up(address: &str) {
//!     welcome(address.to_owned());
//! }
//!
//! sign_up("ada@example.com");
//! MAIL.flush(Duration::from_secs(5)).wait()?;
//! assert_eq!(ledger().get("welcome").expect("it was launched").counts().ok, 1);
//! # Ok::<(), fire_and_forget::Unfinished>(())
//! ```
//!
//! Tests that run in one process share pools and ledger: compare the counts before and after, of a function that
//! no other test launches.
//!
//! # Guide
//!
//! [Migrating](guide::migrating) from `tokio::spawn`, `rayon::spawn` and `thread::spawn`; [executors](guide::executors)
//! of your own as backends; [questions](guide::questions) that people ask first.
//!
//! # Forks and libraries
//!
//! A process forked from one that had launched has a copy of everything but the threads. Launches in it are refused and
//! reported, [`flush`] and [`shutdown`] return at once, with [`Unfinished`] if something was in flight when it was forked
//! (which goes on where it was launched), and its exit is silent. So fork before the first launch, or `exec` afterwards.
//!
//! A library that is loaded at run time, launches and is unloaded: let it call [`shutdown`] first. On Linux with glibc its
//! code stays in memory after that, because the thread that creates the others lives on; elsewhere, do not unload it.
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
//! - `tracing`: a span for each launch, linked to that of its caller, and reports as events: see the [guide](guide/tracing/index.html).
//! - `metrics`: launches by class, in flight, queue wait and run time, for the recorder of the `metrics` crate.
//! - `testing`: the module [`testing`](testing/index.html), for dev-dependencies.

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
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg_attr(not(feature = "tracing"), doc(hidden))] // It has nothing to show without it.
pub mod observer;

mod shutdown;
mod wait;

#[cfg(feature = "testing")]
pub mod testing;

mod block_on;
mod body;
mod capacity;
mod exit;
mod fork;
mod ring;
mod service;
mod sync;
mod thread_name;
#[cfg(feature = "tracing")]
mod trace;
mod unwind;

pub mod guide;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[doc(inline)]
pub use fire_and_forget_macros::fire_and_forget;

#[cfg(feature = "tokio")]
pub use backend::tokio;
pub use backend::{Backend, Pool, Threads};
pub use ledger::{Counts, Entry, Ledger, ledger};
pub use observer::report::{Event, Loss, Report};
pub use observer::set::{AlreadySet, Observer, set_observer};
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
