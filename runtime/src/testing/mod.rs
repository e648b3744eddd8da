//! Tests for code that launches. A test captures launches, looks at them, runs them itself or refuses them, and never has to wait.
//!
//! This needs the feature `testing`. Turn it on in the dev-dependencies only, so that production builds do not change.
//!
//! ```toml
//! [dev-dependencies]
//! fire-and-forget = { path = "../fire-and-forget/runtime", features = ["testing"] } # the path of the `[dependencies]`
//! ```
//!
//! # Was it launched, and with what?
//!
//! After [`capture`], the launches of this thread wait instead of running. [`take`](Capture::take) takes out those of one
//! function: the arguments of each, by value, in launch order. You pass the function itself:
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
//! [`count`](Capture::count) counts the launches of one function. [`entries`](Capture::entries) lists the launches of all functions
//! in launch order. [`assert_empty`](Capture::assert_empty) fails if launches are left. A capture made with
//! [`strict`](Capture::strict) does so at its end.
//!
//! Captured launches are outside the [ledger](crate::ledger), and no queue, limit or shutdown refuses them.
//!
//! # Closures and `impl Trait`
//!
//! The type of a closure has no name, so a function that takes a closure cannot be passed as it is. [`by_call`] names it with a
//! call, which launches nothing. It means all launches of that function. They can be counted, run, refused and forbidden:
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
//! If the type of an argument has a name, its launches can also be taken:
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
//! [`run`](Capture::run) runs the bodies in launch order, on the thread of the test. [`run_only`](Capture::run_only) runs those of
//! one function. A panic in a body, for example of an assertion, reaches the test. So does a panic in the handler of `on_error`. An
//! error is reported as usual, and returned.
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
//! In an async test, `run` awaits the body of each `async fn` in turn. The test provides the runtime that they need.
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
//! A launch from a body is captured as well, so a test can go step by step.
//!
//! A [daemon](crate::guide::stopping#daemons) is captured, too. It would never end, so `run` runs it for one round: an `async fn` is
//! dropped where it first waits, and in a `fn`, [`is_stopping`](crate::is_stopping) returns `true` from its second call on.
//!
//! # What if it is refused?
//!
//! [`refuse`] refuses every launch of this thread, for a reason that the test chooses. So a test of `on_full = "reject"` needs no full
//! queue. [`refuse_only`] refuses the launches of one function. Under [`forbid`] every launch panics: use it for code that must not
//! launch. Under [`forbid_only`], every launch of one function panics.
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
//! With a capture in the same test, [`refuse_only`] and [`forbid_only`] affect only their function. All others are captured:
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
//! A rule for one function has priority over a rule for all, whichever was made first. Otherwise the innermost rule decides.
//!
//! # Threads and runtimes
//!
//! Tests run in parallel, each on its own thread. A capture belongs to one thread, so tests do not see each other's launches.
//!
//! - `#[tokio::test]` runs the test and its tasks on the test's thread, so all of them are captured.
//! - On a runtime with several threads, [`Handle::attach`] in `on_thread_start` captures the whole runtime, and
//!   [`Handle::wrap`] one task, wherever it is polled.
//! - [`Handle::enter`] captures on a thread of your own.
//!
//! [`refuse`] and [`forbid`] also belong to one thread, and have handles for others.
//!
//! Launches from other threads run as usual. If a test asks for a function that has no captured launch, but that such a thread has
//! launched, a line on standard error says where. The test harness shows it if the test fails.
//!
//! # Without capturing
//!
//! To test launches as they run in production, through their queue, wait for the pool with [`Pool::flush`](crate::Pool::flush), or
//! for everything with [`flush`](crate::flush). Then ask the [ledger](crate::ledger) how they ended: see
//! [the example](crate::guide::questions#how-do-i-test-code-that-launches).
//!
//! # Limits
//!
//! - A function is identified by its path and the types of its parameters. Two blocks of one function may each contain a function of
//!   the same path. If a capture has launches of both, it panics when asked for one by name; [`refuse_only`] and [`forbid_only`]
//!   affect both. [`by_call`] tells them apart.
//! - A launch through a trait object belongs to the type behind it: ask for `<Mailer as Send>::send`.
//! - For a function with more than 12 parameters, or an `extern "C"` function, use [`by_call`].
//! - If a function copies what it borrows (`#[own]`), name the types of the copies:
//!   `let lines: Vec<(Log, String)> = launches.take_copies(Log::line)`.
//! - `take` and `count` treat a plain function that returns `()` as a launcher without launches. [`by_call`] notices it.

mod by_call;
mod capture;
mod entry;
mod handle;
pub(crate) mod launch;
pub(crate) mod launcher;
mod missed;
mod mode;
mod refuse;
mod run;
pub(crate) mod spawn;
pub(crate) mod stop_daemons;
pub(crate) mod store;

pub use by_call::{ByCall, by_call};
pub use capture::{Capture, capture};
pub use entry::Entry;
pub use handle::{Entered, Handle};
pub use launcher::{Arguments, Launcher};
pub use refuse::{Forbidding, Refusing, forbid, forbid_only, refuse, refuse_only};
pub use run::Run;
