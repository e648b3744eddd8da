//! Attributes on the function: each holds for the launcher, once.

use fire_and_forget::fire_and_forget;

use crate::consume;

/// Documented, cold, hidden, deprecated.
#[fire_and_forget]
#[cold]
#[doc(hidden)]
#[deprecated(note = "use another")]
pub fn several(_: u8) {}

/// Above ours as well as below.
#[inline(never)]
#[fire_and_forget]
#[must_use]
pub fn above_and_below(_: u8) {}

/// The arguments have to be used.
#[fire_and_forget(on_full = "reject")]
#[must_use = "the arguments may come back"]
pub fn must_use(_: u8) {}

/// Lints look into the body as ever: these expectations are met there.
#[fire_and_forget]
#[expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "that they are noticed is the test"
)]
pub fn linted(text: String) {
    println!("{}", text.parse::<u8>().unwrap());
}

/// The same in a task.
#[fire_and_forget]
#[expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    unused_variables,
    reason = "likewise"
)]
pub async fn linted_task(text: String) {
    let unused = 1_u8;
    println!("{}", text.parse::<u8>().unwrap());
}

/// Says itself who launches it.
#[fire_and_forget]
#[track_caller]
pub fn tracks_its_caller(_: u8) {}

/// Instrumented from below.
#[fire_and_forget]
#[tracing::instrument(skip(text))]
pub fn instrumented_below(text: String) {
    tracing::info!("inside");
    consume(text);
}

/// Instrumented from above.
#[tracing::instrument(skip(text))]
#[fire_and_forget]
pub fn instrumented_above(text: String) {
    tracing::info!("inside");
    consume(text);
}

/// A task that is instrumented.
#[fire_and_forget]
#[tracing::instrument(skip(text), err)]
pub async fn instrumented_task(text: String) -> Result<(), std::num::ParseIntError> {
    std::future::ready(()).await;
    text.parse::<u8>().map(drop)
}

/// With ours last, named by an option.
#[fire_and_forget(name = "renamed", max_in_flight = 3)]
#[tracing::instrument]
#[inline]
pub fn instrumented_with_options(count: u8) {
    consume(count.checked_add(1));
}

/// That nobody calls it is noticed.
#[fire_and_forget]
#[expect(dead_code, reason = "that it is noticed is the test")]
fn never_called(_: u8) {}

/// Has a method that nobody calls.
#[derive(Debug)]
pub struct Idle;

impl Idle {
    /// That nobody calls it is noticed, too.
    #[fire_and_forget]
    #[expect(dead_code, reason = "that it is noticed is the test")]
    async fn never_called(self) {}
}

/// Calls them all.
pub fn call() {
    #[expect(deprecated, reason = "that it is noticed is the test")]
    several(1);
    above_and_below(1);
    if let Err(rejected) = must_use(1) {
        consume(rejected.into_args());
    }
    linted(String::new());
    linted_task(String::new());
    tracks_its_caller(1);
    instrumented_below(String::new());
    instrumented_above(String::new());
    instrumented_task(String::new());
    instrumented_with_options(1);
}
