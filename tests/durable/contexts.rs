//! Contexts on their way to a store and back.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use fire_and_forget::durable::collect;
use fire_and_forget::{Context, fire_and_forget};
use serde::{Deserialize, Serialize};

use crate::store::{Row, Store};
use crate::{counts, observe, reports};

thread_local! {
    static TENANT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What is in force on this thread.
pub(crate) fn tenant() -> Option<String> {
    TENANT.with_borrow(Clone::clone)
}

#[derive(Serialize, Deserialize)]
struct Tenant(String);

impl Context for Tenant {
    fn capture() -> Self {
        Self(tenant().unwrap_or_default())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        let outer = TENANT.replace(Some(self.0.clone()));
        let result = code();
        TENANT.set(outer);
        result
    }
}

/// One that may be missing in a row.
#[derive(Serialize, Deserialize)]
struct Locale(Option<String>);

impl Context for Locale {
    fn capture() -> Self {
        Self(Some("de".into()))
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        let locale = self.0.as_deref().unwrap_or("none");
        Tenant(format!("{}/{locale}", tenant().unwrap_or_default())).scope(code)
    }
}

/// Launches in the context of a caller; the rows that come of it.
fn launched_by(caller: &str, launch: impl FnOnce()) -> Store {
    let store = Store::default();
    store.take(collect(|| Tenant(caller.into()).scope(launch)));
    store
}

static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(function: &str) {
    let line = format!("{function}: {:?}", tenant());
    RAN.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(line);
}

fn ran(function: &str) -> Vec<String> {
    let ran = RAN.lock().unwrap_or_else(PoisonError::into_inner);
    let of_it = ran
        .iter()
        .filter_map(|line| line.strip_prefix(function)?.strip_prefix(": "));
    of_it.map(str::to_owned).collect()
}

#[fire_and_forget(backend = "durable", name = "in a tenant", context = Tenant)]
fn in_a_tenant(context: u8) {
    note("in a tenant");
    assert_eq!(context, 7);
}

#[test]
fn a_context_is_stored_beside_the_arguments_and_in_force_around_the_body() {
    let store = launched_by("acme", || in_a_tenant(7));
    let row = &store.waiting()[0];
    let text = String::from_utf8(row.arguments.clone()).unwrap();
    assert_eq!(text, r#"{"context":7,"context:Tenant":"acme"}"#);
    store.work_off();
    assert_eq!(store.done().len(), 1);
    assert_eq!(ran("in a tenant"), ["Some(\"acme\")"]);
    assert_eq!(tenant(), None);
}

#[fire_and_forget(backend = "durable", name = "in two", context = Tenant, Locale, attempts = 1)]
async fn in_two() -> Result<(), Told> {
    note("in two");
    tokio::task::yield_now().await;
    note("in two");
    Err(Told("in two"))
}

/// An error that says what is in force.
struct Told(&'static str);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        note(self.0);
        f.write_str("told")
    }
}

#[test]
fn several_are_in_force_at_each_poll_and_where_the_error_is_shown_and_reported() {
    observe();
    let store = launched_by("acme", in_two);
    store.work_off();
    assert_eq!(ran("in two"), ["Some(\"acme/de\")"; 3]);
    let lines = reports("in two");
    let tenants: Vec<_> = lines
        .iter()
        .map(|(_, line)| line.contains("[acme/de]"))
        .collect();
    // The last one is of the store, which gives it up.
    assert_eq!(tenants, [true, false], "{lines:?}");
}

#[fire_and_forget(backend = "durable", name = "may be missing", context = Locale)]
fn may_be_missing() {
    note("may be missing");
}

#[test]
fn a_row_without_a_context_is_run_where_that_may_be_missing() {
    let row = launched_by("acme", may_be_missing).waiting().remove(0);
    let store = Store::default();
    store.put(Row {
        arguments: br#"{"context:Other":{"unknown":[]}}"#.to_vec(),
        ..row
    });
    store.work_off();
    assert_eq!(store.done().len(), 1);
    assert_eq!(ran("may be missing"), ["Some(\"/none\")"]);
}

#[test]
fn a_context_that_cannot_be_read_is_named_and_not_shown() {
    for (arguments, says) in [
        (
            r#"{"context":7}"#,
            "the context `Tenant` is no `durable::contexts::Tenant`, and it was stored without",
        ),
        (
            r#"{"context":7,"context:Tenant":{"secret":1}}"#,
            "the context `Tenant` is no `durable::contexts::Tenant`",
        ),
    ] {
        let row = launched_by("acme", || in_a_tenant(7)).waiting().remove(0);
        let store = Store::default();
        store.put(Row {
            arguments: arguments.into(),
            attempts: 1,
            ..row
        });
        store.work_off();
        let error = &store.dead()[0].1;
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

/// An argument that says what is in force where it is dropped.
#[derive(Serialize, Deserialize)]
struct SaysWhereItIsDropped(String);

impl Drop for SaysWhereItIsDropped {
    fn drop(&mut self) {
        note(&self.0);
    }
}

#[fire_and_forget(backend = "durable", name = "is never stored", context = Tenant)]
fn is_never_stored(argument: SaysWhereItIsDropped) {
    drop(argument);
}

#[test]
fn a_launch_that_is_not_stored_is_dropped_and_reported_in_its_context() {
    observe();
    let launch = || is_never_stored(SaysWhereItIsDropped("is never stored".into()));
    Tenant("acme".into()).scope(|| {
        let mut launches = collect(|| (0..3).for_each(|_| launch()));
        drop(launches.next());
        let launch = launches.next().unwrap();
        launch.failed(&"it is full");
        launches.next().unwrap().rolled_back();
    });
    assert_eq!(ran("is never stored"), ["Some(\"acme\")"; 3]);
    let lines = reports("is never stored");
    assert_eq!(lines.len(), 3);
    assert!(
        lines.iter().all(|(_, line)| line.contains("[acme]")),
        "{lines:?}"
    );
    let launches = counts("is never stored")[0];
    assert_eq!(
        (launches.lost, launches.failed, launches.in_flight()),
        (2, 1, 0)
    );
}

#[fire_and_forget(
    backend = "durable",
    name = "waits too long",
    context = Tenant,
    attempts = 1,
    timeout = std::time::Duration::from_millis(1)
)]
async fn waits_too_long(argument: SaysWhereItIsDropped) {
    std::future::pending::<()>().await;
    drop(argument);
}

#[test]
fn a_body_whose_time_is_over_is_dropped_and_reported_in_its_context() {
    observe();
    let store = launched_by("acme", || {
        waits_too_long(SaysWhereItIsDropped("waits too long".into()));
    });
    store.work_off();
    // That of the launch, whose argument was written down, and that of the body.
    assert_eq!(ran("waits too long"), ["Some(\"acme\")"; 2]);
    let lines = reports("waits too long");
    assert!(lines[0].1.contains("[acme]"), "{lines:?}");
    assert!(store.dead()[0].1.contains("timed out"));
}

/// Cannot be written down.
#[derive(Deserialize)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is a secret"))
    }
}

impl Context for Unwritable {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

#[fire_and_forget(backend = "durable", name = "unwritable", context = Unwritable)]
fn unwritable(done: u8) {
    assert_eq!(done, 1);
}

#[test]
fn a_context_that_cannot_be_written_down_fails_its_launch() {
    observe();
    assert_eq!(collect(|| unwritable(1)).count(), 0);
    let lines = reports("unwritable");
    assert!(
        lines[0]
            .1
            .contains("the context `Unwritable` cannot be written as JSON: it is a secret"),
        "{lines:?}"
    );
    assert_eq!(counts("unwritable")[0].failed, 1);
}

/// Its scope panics where a worker runs the body.
#[derive(Serialize, Deserialize)]
struct Barred;

impl Context for Barred {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        assert!(
            fire_and_forget::durable::job().is_none(),
            "deliberate, before the code"
        );
        code()
    }
}

#[fire_and_forget(backend = "durable", name = "barred", context = Barred, attempts = 1)]
fn barred() {
    unreachable!("its scope panics");
}

#[test]
fn a_scope_that_panics_around_the_body_is_a_failed_attempt() {
    observe();
    let store = launched_by("acme", barred);
    store.work_off();
    let error = &store.dead()[0].1;
    assert!(
        error.contains("panicked: deliberate, before the code"),
        "{error}"
    );
    assert_eq!(counts("barred")[1].panicked, 1);
}
