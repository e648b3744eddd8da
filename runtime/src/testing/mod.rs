//! Testing code that launches, without waiting for it: launches are captured, looked at, run in the test or refused.
//!
//! It needs the feature `testing`, which belongs in the dev-dependencies: what is built for production stays as it is.
//!
//! ```toml
//! [dev-dependencies]
//! fire-and-forget = { path = "../fire-and-forget/runtime", features = ["testing"] } # the path of the `[dependencies]`
//! ```
//!
//! # Was it launched, and with what?
//!
//! After [`capture`], the launches of this thread wait instead of running. [`take`](Capture::take) takes those of one
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
//! [`count`](Capture::count) only counts, and [`entries`](Capture::entries) lists the launches of all functions in launch
//! order. [`assert_empty`](Capture::assert_empty) fails if a launch is left that the test did not expect, and a capture made
//! with [`strict`](Capture::strict) does so at its end.
//!
//! Captured launches are outside the [ledger](crate::ledger), and no queue, limit or shutdown refuses them.
//!
//! # Closures and `impl Trait`
//!
//! A closure has a type without a name, so a function that takes one cannot be named as it is. [`by_call`] names it by a
//! call, which launches nothing. It means all launches of that function, which can be counted, run, refused and forbidden:
//!
//! ```
//! use fire_and_forget::{fire_and_forget, testing};
//! use std::sync::mpsc::{self, Sender};
//!
//! #[fire_and_forget]
//! fn submit(job: impl FnOnce() + Send + 'static) {
//!     job();
//! }
//!
//! fn archive(page: u32, archived: &Sender<u32>) {
//!     let archived = archived.clone();
//!     submit(move || {
//!         let _ = archived.send(page);
//!     });
//! }
//!
//! // In a test:
//! let launches = testing::capture();
//! let (archived, received) = mpsc::channel();
//! archive(7, &archived);
//! assert_eq!(launches.count(testing::by_call(|| submit(|| ()))), 1);
//! launches.run();
//! assert_eq!(received.try_recv(), Ok(7));
//! ```
//!
//! Where the type of an argument has a name, its launches can be taken as well:
//!
//! | the function | was given | is asked for by |
//! |---|---|---|
//! | `fn store<T: Send + 'static>(value: T)` | a `u8` | `take(store::<u8>)` |
//! | `fn run<F: FnOnce() + Send + 'static>(job: F)` | a `fn()` | `take(run::<fn()>)` |
//! | the same | a `Box<dyn FnOnce() + Send>` | `take(run::<Box<dyn FnOnce() + Send>>)` |
//! | `fn print(what: impl Display + Send + 'static)` | a `String` | `let calls: Vec<(String,)> = launches.take(print);` |
//! | any of them | a closure, or anything | `count(testing::by_call(…))`, `run_only(testing::by_call(…))` |
//!
//! # Does it do what it should?
//!
//! [`run`](Capture::run) runs the bodies in launch order, on the thread of the test, and [`run_only`](Capture::run_only)
//! those of one function. A panic in a body, of an assertion for example, reaches the test, and so does one in the handler of
//! `on_error`. An error is reported as ever, and returned.
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
//! A [daemon](crate::guide::stopping#daemons) is captured as well. It would go on, so `run` goes through it once: an `async fn` is
//! dropped where it first waits, and in a `fn`, [`is_stopping`](crate::is_stopping) says yes from its second time on.
//!
//! # What if it is refused?
//!
//! [`refuse`] refuses every launch of this thread, for the reason that the test chooses: so a test of
//! `on_full = "reject"` needs no full queue. [`refuse_only`] refuses the launches of one function. Under [`forbid`] every
//! launch panics, for code that must not launch; under [`forbid_only`], every launch of one function.
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
//! With a capture in the same test, [`refuse_only`] and [`forbid_only`] mean their function, and all others are captured:
//!
//! ```
//! # use fire_and_forget::{Refusal, fire_and_forget, testing};
//! # #[fire_and_forget(on_full = "reject")]
//! # fn index(document: String) {
//! #     println!("indexing {document}");
//! # }
//! #[fire_and_forget]
//! fn audit(line: &'static str) {
//!     println!("{line}");
//! }
//!
//! #[fire_and_forget]
//! fn delete(document: String) {
//!     println!("deleting {document}");
//! }
//!
//! fn save(document: &str) {
//!     if index(document.to_owned()).is_err() {
//!         audit("not indexed");
//!     }
//! }
//!
//! let launches = testing::capture();
//! let _refusing = testing::refuse_only(index, Refusal::Full);
//! let _forbidding = testing::forbid_only(delete);
//! save("a");
//! assert_eq!(launches.take(audit), [("not indexed",)]);
//! ```
//!
//! What means one function goes before what means all, whichever was made first. Otherwise the innermost decides.
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
//! [`refuse`] and [`forbid`] are of one thread as well, and have handles for others.
//!
//! Launches from threads that are not reached run as ever. A test may ask for a function of which no launch is captured, while
//! another thread that captures nothing has launched it. Then a line on standard error says where; the test harness shows it if
//! the test fails.
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
//!   two of the same path: a capture that has launches of both panics when asked for one by its name, and
//!   [`refuse_only`] and [`forbid_only`] mean both. [`by_call`] tells them apart.
//! - A launch through a trait object is one of the type behind it: ask for `<Mailer as Send>::send`.
//! - A function with more than 12 parameters, and an `extern "C"` one, is asked for with [`by_call`].
//! - Where a function copies what it borrows (`#[own]`), the types of the copies are named:
//!   `let lines: Vec<(Log, String)> = launches.take_copies(Log::line)`.
//! - A plain function that returns `()` is taken for a launcher that has not launched, except by [`by_call`].

mod by_call;
mod capture;
mod elsewhere;
mod entry;
mod handle;
pub(crate) mod launch;
pub(crate) mod launcher;
mod mode;
mod refuse;
mod run;
pub(crate) mod spawn;
pub(crate) mod store;
pub(crate) mod told;

pub use by_call::{ByCall, by_call};
pub use capture::{Capture, capture};
pub use entry::Entry;
pub use handle::{Entered, Handle};
pub use launcher::{Arguments, Launcher};
pub use refuse::{Forbidding, Refusing, forbid, forbid_only, refuse, refuse_only};
pub use run::Run;
