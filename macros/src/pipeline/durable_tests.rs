//! Tests of durable functions: which ones can be stored, and the error for each other one.

use crate::pipeline::tests::refusals::WAITS;
use crate::pipeline::tests::{check_accepted, check_refused, expand};

#[test]
fn what_can_be_stored_is_accepted() {
    let options = "backend = \"durable\", queue = \"q\", attempts = 3";
    for item in [
        "fn f(x: u8, mut y: String, _z: Cow<'static, str>, r#type: Vec<[u8; 4]>) {}",
        "fn f<'a>() -> Result<(), Box<dyn Error>> {}",
        "fn f<'a>(#[own] x: &str, #[own] mut y: &'a [u8], #[own] z: &'a Path) {}",
        "fn f(#[cfg(unix)] x: u8, #[cfg(not(unix))] x: u16) {}",
        "async fn f(x: u8) where String: Clone {}",
        "extern \"C\" fn f(__x: u8) {}",
    ] {
        check_accepted(options, item);
    }
    check_accepted(&format!("{options}, on_full = \"block\""), "fn f() {}");
    check_accepted(
        &format!("{options}, on_full = \"reject\""),
        "async fn f(x: u8) {}",
    );
    check_accepted(&format!("{options}, timeout = T"), "async fn f() {}");
}

#[test]
fn what_cannot_be_stored_is_refused() {
    for (args, item, expected) in NOT_STORED {
        check_refused(&format!("{DURABLE}, {args}"), item, expected);
    }
}

#[test]
fn arguments_are_stored_by_the_names_that_were_written() {
    let item = "fn f(r#type: u8, _y: u8, __z: u8, mut w: u8) {}";
    let output = expand(DURABLE, item).to_string();
    for name in ["type", "_y", "__z", "w"] {
        let count = output.matches(&format!("\"{name}\")")).count();
        assert_eq!(count, 2, "{name}: {output}");
    }
}

const DURABLE: &str = "backend = \"durable\"";
const REFERENCE: &str = "a reference cannot be stored: a worker reads values back, and owns them";
const GENERIC: &str =
    "a generic function cannot be stored: a worker finds a function by its name alone";
const NAMELESS: &str =
    "arguments are stored by the names of their parameters, but this one has no name";

/// Arguments besides the backend, the item, and its one error.
const NOT_STORED: &[(&str, &str, &str)] = &[
    (
        "daemon",
        "fn f() {}",
        "a daemon cannot be stored: its job would never be done",
    ),
    ("", "fn f(x: &str) {}", REFERENCE),
    ("", "fn f(x: &'static str) {}", REFERENCE),
    ("", "fn f(x: Option<(u8, [&'static str; 2])>) {}", REFERENCE),
    (
        "on_full = \"reject\"",
        "fn f(x: impl Send) {}",
        "an `impl Trait` argument cannot be stored: a worker needs the name of its type to read it back",
    ),
    (
        "",
        "fn f(x: Vec<Self>) {}",
        "a durable function cannot name `Self`: it becomes a separate item",
    ),
    (
        "",
        "fn f<'a>(x: Cow<'a, str>) {}",
        "parameters must be owned, not borrowed for `'a`, because the body may run after the call has returned",
    ),
    (
        "",
        "fn f(&self) {}",
        "`self` cannot be stored: a job is a function and its arguments",
    ),
    (
        "",
        "fn f(self: Rc<Self>) {}",
        "`self` cannot be stored: a job is a function and its arguments",
    ),
    ("", "fn f(#[own] x: &[&'static str]) {}", REFERENCE),
    ("", "fn f(#[own] x: &mut u8) {}", REFERENCE),
    (
        "",
        "fn f(#[own] &self) {}",
        "`self` cannot be stored: a job is a function and its arguments",
    ),
    ("", "fn f(#[own] (a, b): &(u8, u8)) {}", NAMELESS),
    ("", "fn f<T>(x: T) {}", GENERIC),
    ("", "fn f<const N: usize>(x: [u8; N]) {}", GENERIC),
    ("", "fn f<'a: 'static>(x: Cow<'a, str>) {}", GENERIC),
    ("", "fn f(_: u8) {}", NAMELESS),
    ("", "fn f((a, b): (u8, u8)) {}", NAMELESS),
    ("", "fn f(x @ y: u8) {}", NAMELESS),
    ("", "fn f(X: u8) {}", NAMELESS),
    (
        "",
        "fn f(r#x: u8, x: u8) {}",
        "two arguments would be stored as `x`",
    ),
    (
        "",
        "fn f(x: u8, #[cfg(unix)] x: u8) {}",
        "two arguments would be stored as `x`",
    ),
    (
        "",
        "fn f() -> ! {}",
        "a `-> !` function cannot be stored: its job would never be done",
    ),
    (
        "on_full = \"caller_runs\"",
        "fn f() {}",
        "`\"caller_runs\"` needs a backend in memory: what the caller runs is not stored",
    ),
    ("on_full = \"caller_runs\"", "async fn f() {}", WAITS),
    ("on_full = \"block\"", "async fn f() {}", WAITS),
    (
        "timeout = T",
        "fn f() {}",
        "`timeout` needs an `async fn`: a thread that runs a `fn` cannot be stopped",
    ),
];
