//! Contexts of captured launches: captured with them, and in force where they run.

use std::cell::RefCell;
use std::fmt;
use std::panic::resume_unwind;

use fire_and_forget::{Context, Refusal, fire_and_forget, testing};
use serde::{Deserialize, Serialize};

use crate::panic_of;

thread_local! {
    static TENANT: RefCell<&'static str> = const { RefCell::new("none") };
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes what is in force on this thread.
pub(crate) fn note(what: &str) {
    let note = format!("{what}: {}", TENANT.with_borrow(|it| *it));
    NOTES.with_borrow_mut(|notes| notes.push(note));
}

fn notes() -> Vec<String> {
    NOTES.take()
}

fn within<R>(tenant: &'static str, code: impl FnOnce() -> R) -> R {
    let outer = TENANT.replace(tenant);
    let result = code();
    TENANT.set(outer);
    result
}

#[derive(Serialize, Deserialize)]
struct Tenant(String);

impl Context for Tenant {
    fn capture() -> Self {
        Self(TENANT.with_borrow(ToString::to_string))
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        within(if self.0 == "acme" { "acme" } else { "?" }, code)
    }
}

/// Says where it is dropped, and where it is shown.
#[derive(Debug, Serialize, Deserialize)]
struct Noted;

impl Drop for Noted {
    fn drop(&mut self) {
        note("dropped");
    }
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        note("shown");
        f.write_str("noted")
    }
}

#[fire_and_forget(context = Tenant, name = "fails in a context")]
fn fails(noted: Noted) -> Result<(), Noted> {
    note("run");
    Err(noted)
}

#[fire_and_forget(context = Tenant, name = "fails in a context")]
async fn fails_later(noted: Noted) -> Result<(), Noted> {
    tokio::task::yield_now().await;
    note("run");
    Err(noted)
}

#[fire_and_forget(backend = "thread", context = Tenant, name = "fails in a context")]
async fn fails_on_a_thread(noted: Noted) -> Result<(), Noted> {
    tokio::task::yield_now().await;
    note("run");
    Err(noted)
}

#[tokio::test]
async fn a_launch_runs_in_its_context_and_is_reported_in_it() {
    crate::refusals::observe();
    let launches = testing::capture();
    for launch in [fails, fails_later, fails_on_a_thread] {
        within("acme", || launch(Noted));
        assert_eq!(launches.run().await, ["noted"]);
        assert_eq!(
            notes(),
            [
                "run: acme",
                "shown: acme",
                "dropped: acme",
                "reported: acme"
            ]
        );
    }
}

#[fire_and_forget(backend = "durable", context = Tenant, name = "stored in a context")]
fn stored(noted: Noted) -> Result<(), Noted> {
    note("run");
    Err(noted)
}

#[fire_and_forget(backend = "durable", context = Tenant, name = "stored later in a context")]
async fn stored_later(noted: Noted) -> Result<(), Noted> {
    tokio::task::yield_now().await;
    note("run");
    Err(noted)
}

#[tokio::test]
async fn a_durable_launch_runs_in_the_context_that_a_worker_would_read() {
    crate::refusals::observe();
    let launches = testing::capture();
    for launch in [stored, stored_later] {
        within("acme", || launch(Noted));
        assert_eq!(launches.run().await, ["noted"]);
        assert_eq!(
            notes(),
            // Of what was written down, and of what was read back.
            [
                "dropped: acme",
                "run: acme",
                "shown: acme",
                "dropped: acme",
                "reported: acme"
            ]
        );
    }
}

#[fire_and_forget(context = Tenant)]
fn is_taken(noted: Noted) {
    drop(noted);
}

#[test]
fn arguments_are_taken_without_the_context_and_dropped_in_it() {
    let launches = testing::capture();
    within("acme", || is_taken(Noted));
    drop(launches.take(is_taken));
    assert_eq!(notes(), ["dropped: none"]);
    within("acme", || is_taken(Noted));
    drop(launches);
    assert_eq!(notes(), ["dropped: acme"]);
}

#[fire_and_forget(context = Tenant, name = "refused in a context")]
fn is_refused(noted: Noted) {
    drop(noted);
}

#[fire_and_forget(context = Tenant, name = "refused in a context")]
async fn is_refused_as_a_task(noted: Noted) {
    drop(noted);
}

#[test]
fn a_launch_that_a_test_refuses_is_dropped_and_reported_in_its_context() {
    crate::refusals::observe();
    let _refusing = testing::refuse(Refusal::Full);
    for launch in [is_refused, is_refused_as_a_task] {
        within("acme", || launch(Noted));
        assert_eq!(notes(), ["dropped: acme", "reported: acme"]);
    }
}

#[fire_and_forget(context = Tenant)]
fn panics(noted: Noted) {
    drop(noted);
    resume_unwind(Box::new("deliberate"));
}

#[fire_and_forget(context = Tenant)]
async fn panics_later(noted: Noted) {
    drop(noted);
    resume_unwind(Box::new("deliberate"));
}

#[test]
fn a_panic_of_the_body_reaches_the_test() {
    let launches = testing::capture();
    for launch in [panics, panics_later] {
        within("acme", || launch(Noted));
        let panic = panic_of(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(launches.run())
        });
        assert_eq!(panic, "deliberate");
        assert_eq!(notes(), ["dropped: acme"]);
    }
}

/// Its scope panics.
struct Barred;

impl Context for Barred {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, _: impl FnOnce() -> R) -> R {
        resume_unwind(Box::new("no entry"))
    }
}

#[fire_and_forget(context = Barred)]
fn never_runs(noted: Noted) {
    drop(noted);
}

#[test]
fn a_panic_of_a_scope_reaches_the_test() {
    let launches = testing::capture();
    never_runs(Noted);
    assert_eq!(panic_of(|| launches.run().errors()), "no entry");
    never_runs(Noted);
    assert_eq!(panic_of(|| drop(launches)), "no entry");
    assert_eq!(notes(), ["dropped: none", "dropped: none"]);
}
