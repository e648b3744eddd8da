//! The text and the places of reports: the line of the function's name, and the line of the call, on every backend.

use fire_and_forget::{Loss, Pool, Refusal, Threads, fire_and_forget};
use waiting::Pass;

use crate::recorder::{Watched, row, watch, watch_named};

static POOL: Pool = Pool::new("reporting").threads(1);
static THREADS: Threads = Threads::new("reporting-threads");

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

/// The line after this one.
const fn next(line: u32) -> u32 {
    line + 1
}

const ON_POOL: u32 = next(line!());
#[rustfmt::skip] #[fire_and_forget(backend = POOL)] fn on_pool() -> Result<(), String> { Err("no".into()) }

const ON_BUILT_IN_POOL: u32 = line!() + 3;
/// The documentation and the attribute are not the place.
#[fire_and_forget]
fn on_built_in_pool() -> Result<(), String> {
    Err("no".into())
}

const ON_POOL_ASYNC: u32 = line!() + 2;
#[fire_and_forget(backend = "pool")]
async fn on_pool_async() -> Result<(), String> {
    Err("no".into())
}

const ON_THREAD: u32 = line!() + 2;
#[fire_and_forget(backend = "thread")]
fn on_thread() -> Result<(), String> {
    Err("no".into())
}

const ON_THREADS: u32 = line!() + 2;
#[fire_and_forget(backend = THREADS)]
fn on_threads() -> Result<(), String> {
    Err("no".into())
}

const ON_TOKIO: u32 = line!() + 2;
#[fire_and_forget]
async fn on_tokio() -> Result<(), String> {
    Err("no".into())
}

const ON_TOKIO_WORKER: u32 = line!() + 2;
#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() -> Result<(), String> {
    Err("no".into())
}

const OR_REJECT: u32 = line!() + 2;
#[fire_and_forget(on_full = "reject")]
fn or_reject() -> Result<(), String> {
    Err("no".into())
}

const OR_REJECT_ASYNC: u32 = line!() + 2;
#[fire_and_forget(on_full = "reject")]
async fn or_reject_async() -> Result<(), String> {
    Err("no".into())
}

const OVER_SEVERAL_LINES: u32 = line!() + 7;
#[rustfmt::skip]
#[fire_and_forget(
    backend = "pool",
    on_full = "block",
    max_in_flight = 5,
)]
fn over_several_lines(
    _first: u8,
    _second: u8,
) -> Result<(), String> {
    Err("no".into())
}

#[track_caller]
fn check(watched: Watched, backend: &str, defined: u32, launched: u32) {
    watched.check(row!(launched: 1, failed: 1), &["failed: no"]);
    let report = &watched.reports()[0];
    assert_eq!(
        report.line,
        format!(
            "`{}` ({file}:{defined}) failed: no; launched at {file}:{launched}",
            watched.name(),
            file = file!(),
        )
    );
    assert_eq!(report.backend, backend);
    assert_eq!(watched.entry().defined_at().line(), defined);
}

#[test]
fn a_report_names_the_line_of_the_function_and_the_line_of_the_call() {
    let watched = watch!(on_pool);
    on_pool();
    check(watched, "reporting", ON_POOL, line!() - 1);
    let watched = watch!(on_built_in_pool);
    on_built_in_pool();
    check(watched, "pool", ON_BUILT_IN_POOL, line!() - 1);
    let watched = watch!(on_pool_async);
    on_pool_async();
    check(watched, "pool", ON_POOL_ASYNC, line!() - 1);
    let watched = watch!(on_thread);
    on_thread();
    check(watched, "thread", ON_THREAD, line!() - 1);
    let watched = watch!(on_threads);
    on_threads();
    check(watched, "reporting-threads", ON_THREADS, line!() - 1);
    let watched = watch!(on_tokio);
    on_tokio();
    check(watched, "tokio", ON_TOKIO, line!() - 1);
    let watched = watch!(on_tokio_worker);
    on_tokio_worker();
    check(watched, "tokio", ON_TOKIO_WORKER, line!() - 1);
    let watched = watch!(or_reject);
    or_reject().unwrap();
    check(watched, "pool", OR_REJECT, line!() - 1);
    let watched = watch!(or_reject_async);
    or_reject_async().unwrap();
    check(watched, "tokio", OR_REJECT_ASYNC, line!() - 1);
    let watched = watch!(over_several_lines);
    over_several_lines(1, 2);
    check(watched, "pool", OVER_SEVERAL_LINES, line!() - 1);
}

#[fire_and_forget(name = "mail.welcome", backend = POOL, max_in_flight = NONE)]
fn has_a_name_and_is_refused(_pass: Pass) {}

#[test]
fn a_name_replaces_the_path_in_reports_and_ledger() {
    let watched = watch_named("mail.welcome");
    has_a_name_and_is_refused(Pass::open());
    watched.check(
        row!(launched: 1, refused: 1),
        &["was refused: the function's limit of launches in flight is reached (see `max_in_flight`)"],
    );
    let line = &watched.reports()[0].line;
    assert!(
        line.starts_with("`mail.welcome` (tests/behavior/account/reports.rs:"),
        "{line}"
    );
}

const TOPIC: &str = "mail";

#[fire_and_forget(name = concat!("mail", ".", stringify!(put_together)), backend = POOL)]
fn has_a_name_that_is_put_together() {}

#[fire_and_forget(name = TOPIC, backend = POOL)]
async fn has_a_constant_as_name() {}

#[test]
fn a_name_may_be_any_constant() {
    let watched = watch_named("mail.put_together");
    has_a_name_that_is_put_together();
    watched.check(row!(launched: 1, ok: 1), &[]);
    let watched = watch_named(TOPIC);
    has_a_constant_as_name();
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget(max_in_flight = *limits.first().unwrap_or(&limit), backend = POOL)]
fn has_a_limit_among_its_arguments(limit: usize, limits: Vec<usize>) {
    drop((limit, limits));
}

#[test]
fn a_limit_may_be_an_argument() {
    let watched = watch!(has_a_limit_among_its_arguments);
    has_a_limit_among_its_arguments(1, vec![]);
    watched.check(row!(launched: 1, ok: 1), &[]);
    has_a_limit_among_its_arguments(1, vec![0]);
    watched.check(
        row!(launched: 2, ok: 1, refused: 1),
        &["was refused: the function's limit of launches in flight is reached (see `max_in_flight`)"],
    );
}

#[fire_and_forget(backend = POOL)]
fn panics_in_words(how: u8) {
    match how {
        0 => panic!("deliberate"),
        1 => panic!("deliberate, {how}"),
        _ => std::panic::panic_any(String::from("deliberate, owned")),
    }
}

#[test]
fn a_panic_is_reported_with_its_message() {
    let watched = watch!(panics_in_words);
    for how in 0..3 {
        panics_in_words(how);
    }
    watched.check(
        row!(launched: 3, panicked: 3),
        &[
            "panicked: deliberate",
            "panicked: deliberate, 1",
            "panicked: deliberate, owned",
        ],
    );
}

#[fire_and_forget(backend = POOL)]
fn is_called_indirectly() -> Result<(), String> {
    Err("no".into())
}

// The launch line is that of the direct call; through a pointer it is that of the function itself, never a line of ours.
#[test]
fn an_indirect_call_is_seen_in_the_users_own_file() {
    let watched = watch!(is_called_indirectly);
    let launch: fn() = is_called_indirectly;
    launch();
    watched.quiet();
    assert_eq!(watched.reports()[0].launched_at.0, file!());
}

// No loss is ever called a refusal, and the other way round.
#[test]
fn refusals_and_losses_have_a_text_each() {
    let texts = [
        Refusal::Full.to_string(),
        Refusal::MaxInFlight.to_string(),
        Refusal::ShuttingDown.to_string(),
        Loss::Evicted.to_string(),
        Loss::NeverRan.to_string(),
        Loss::DroppedWhileRunning.to_string(),
        Loss::Abandoned.to_string(),
    ];
    let mut different = texts.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), texts.len());
}
