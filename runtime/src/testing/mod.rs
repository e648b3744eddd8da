//! Testing code that launches, without waiting for it: launches are captured, looked at, run in the test or refused.
//!
//! Of the feature `testing`, which belongs in the dev-dependencies: what is built for production is as ever.
//!
//! ```toml
//! [dev-dependencies]
//! fire-and-forget = { version = "0.1", features = ["testing"] }
//! ```
//!
//! Version or path are those of the `[dependencies]`.
//!
//! # Was it launched, and with what?
//!
//! [`capture`] has the launches of this thread wait instead of running. [`take`](Capture::take) takes those of one
//! function out, with the arguments of each by value, in launch order. The function is named as it is:
//!
//! ```
//! use fire_and_forget::{fire_and_forget, testing};
//!
//! #[fire_and_forget]
//! fn welcome(to: String) {
//!     println!("welcome, {to}");
//! }
//!
//! #[fire_and_forget]
//! async fn webhook(event: &'static str, id: u64) {
//!     println!("{event} {id}");
//! }
//!
//! fn sign_up(address: &str, id: u64) {
//!     if address.contains('@') {
//!         welcome(address.to_owned());
//!     }
//!     webhook("signed up", id);
//! }
//!
//! // In a test:
//! let launches = testing::capture();
//! sign_up("ada", 1);
//! sign_up("bob@example.com", 2);
//! assert_eq!(launches.take(welcome), [("bob@example.com".to_owned(),)]);
//! assert_eq!(launches.take(webhook), [("signed up", 1), ("signed up", 2)]);
//! ```
//!
//! [`count`](Capture::count) only counts. [`assert_empty`](Capture::assert_empty) fails if anything is left that the test
//! did not expect, and a capture made with [`strict`](Capture::strict) does so at its end.
//!
//! Captured launches are outside the [ledger](crate::ledger), and no queue, limit or shutdown refuses them.
//!
//! # Does it do what it should?
//!
//! [`run`](Capture::run) runs the bodies in launch order, on the thread of the test. A panic in one, of an assertion for
//! example, reaches the test, and so does one in the handler of `on_error`; an error is reported as ever, and returned.
//!
//! ```
//! # use fire_and_forget::{fire_and_forget, testing};
//! #[fire_and_forget]
//! fn welcome(to: String) -> Result<(), String> {
//!     if to.contains('@') { Ok(()) } else { Err(format!("`{to}` is not an address")) }
//! }
//!
//! let launches = testing::capture();
//! welcome("ada@example.com".into());
//! welcome("ada".into());
//! assert_eq!(launches.run().errors(), ["`ada` is not an address"]);
//! ```
//!
//! In a test that is async, the bodies of each `async fn` are awaited in their turn. What they need of a runtime, the
//! test provides.
//!
//! ```
//! # use fire_and_forget::{fire_and_forget, testing};
//! use std::sync::mpsc::{self, Sender};
//! use std::time::Duration;
//!
//! #[fire_and_forget]
//! async fn remind(after: Duration, of: &'static str, reminders: Sender<&'static str>) {
//!     tokio::time::sleep(after).await;
//!     let _ = reminders.send(of);
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // In a `#[tokio::test]`:
//! let launches = testing::capture();
//! let (reminders, received) = mpsc::channel();
//! remind(Duration::from_millis(1), "tea", reminders);
//! launches.run().await;
//! assert_eq!(received.recv(), Ok("tea"));
//! # }
//! ```
//!
//! What a body launches is captured in turn, so a test can go on step by step.
//!
//! # What if it is refused?
//!
//! [`refuse`] refuses every launch of this thread, for the reason that the test chooses: the caller's handling of
//! `on_full = "reject"`, for example, needs no full queue. [`forbid`] has every launch panic, for code that is not to
//! launch at all.
//!
//! ```
//! use fire_and_forget::{Refusal, fire_and_forget, testing};
//!
//! #[fire_and_forget(on_full = "reject")]
//! fn index(document: String) {
//!     println!("indexing {document}");
//! }
//!
//! fn status(document: &str) -> u16 {
//!     match index(document.to_owned()) {
//!         Ok(()) => 202,
//!         Err(rejected) if rejected.reason() == Refusal::ShuttingDown => 503,
//!         Err(_) => 429,
//!     }
//! }
//!
//! {
//!     let _refusing = testing::refuse(Refusal::Full);
//!     assert_eq!(status("a"), 429);
//! }
//! {
//!     let _refusing = testing::refuse(Refusal::ShuttingDown);
//!     assert_eq!(status("a"), 503);
//! }
//! ```
//!
//! # Threads and runtimes
//!
//! Tests run in parallel, each on a thread of its own, so a capture is of one thread: tests do not see each other.
//!
//! - `#[tokio::test]` runs the test and all tasks that it spawns on the test's thread: all of them are captured.
//! - On a runtime with several threads, [`Handle::attach`] in `on_thread_start` captures the whole runtime, and
//!   [`Handle::wrap`] one task, wherever it is polled.
//! - [`Handle::enter`] captures on a thread of your own.
//!
//! So it is with [`refuse`] and [`forbid`], which have handles as well.
//!
//! Launches from threads that are not reached run as ever. If a function is asked for of which no launch is captured, and another
//! thread that captures nothing has launched it meanwhile, a line on standard error says where; the test harness shows it
//! if the test fails.
//!
//! # Without capturing
//!
//! To see launches through their queue as they are in production, wait for the pool with
//! [`Pool::flush`](crate::Pool::flush), or for everything with [`flush`](crate::flush), and ask the
//! [ledger](crate::ledger) how they ended: see
//! [the example](crate::guide::questions#how-do-i-test-code-that-launches).
//!
//! # Limits
//!
//! - A function is told from others by its path and its parameters' types. In two blocks of one function there may be
//!   two of the same path; a capture that has launches of both panics when asked for one.
//! - A launch through a trait object is one of the type behind it: ask for `<Mailer as Send>::send`.
//! - Where a parameter is `impl Trait`, its type is said by the result: `let calls: Vec<(String,)> = launches.take(print)`.
//! - A function with more than 12 parameters, and an `extern "C"` one, can be run and not be asked for.
//! - A plain function that returns `()` is taken for a launcher that has not launched.

mod capture;
mod elsewhere;
mod handle;
pub(crate) mod launch;
pub(crate) mod launcher;
mod mode;
mod refuse;
mod run;
pub(crate) mod spawn;
pub(crate) mod store;

pub use capture::{Capture, capture};
pub use handle::{Entered, Handle};
pub use launcher::{Arguments, Launcher};
pub use refuse::{Forbidding, Refusing, forbid, refuse};
pub use run::Run;
