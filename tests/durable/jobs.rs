//! What a body can learn of its job, and an attempt that takes too long.

use std::sync::Mutex;
use std::time::Duration;

use fire_and_forget::durable::{self, collect};
use fire_and_forget::fire_and_forget;

use crate::store::Store;
use crate::{counts, observe, reports};

/// Id, attempt, attempts, queue, function, and the line that launched it.
type Facts = (String, u32, u32, String, String, u32);

static JOBS: Mutex<Vec<Facts>> = Mutex::new(Vec::new());

fn note() {
    let job = durable::job().expect("it runs in a job");
    assert!(job.launched_on() <= std::time::SystemTime::now());
    JOBS.lock().unwrap().push((
        job.id().to_owned(),
        job.attempt(),
        job.attempts(),
        job.queue().to_owned(),
        job.function().to_owned(),
        job.launched_at().line(),
    ));
}

#[fire_and_forget(
    backend = "durable",
    name = "knows its job",
    queue = "mail",
    attempts = 2
)]
async fn knows_its_job() -> Result<(), &'static str> {
    note();
    tokio::task::yield_now().await;
    note();
    Err("again")
}

#[test]
fn a_body_knows_its_job_whenever_it_is_polled() {
    assert!(durable::job().is_none());
    let store = Store::default();
    let line = line!() + 1;
    store.take(collect(|| knows_its_job()));
    assert_eq!(store.waiting()[0].queue, "mail");
    store.work_off();
    let jobs = std::mem::take(&mut *JOBS.lock().unwrap());
    let of = |attempt| {
        let (id, queue, name) = ("job-1".to_owned(), "mail".to_owned(), "knows its job");
        (id, attempt, 2, queue, name.to_owned(), line)
    };
    assert_eq!(jobs, [of(1), of(1), of(2), of(2)]);
    assert!(durable::job().is_none());
}

#[fire_and_forget(
    backend = "durable",
    name = "takes too long",
    attempts = 1,
    timeout = Duration::from_millis(5)
)]
async fn takes_too_long() {
    std::future::pending::<()>().await;
}

#[fire_and_forget(
    backend = "durable",
    name = "knows no limit",
    attempts = 1,
    timeout = limit_from_a_file()
)]
async fn knows_no_limit() {
    std::future::pending::<()>().await;
}

fn limit_from_a_file() -> Duration {
    std::panic::resume_unwind(Box::new("no such file"));
}

#[test]
fn an_attempt_whose_limit_panics_has_panicked() {
    observe();
    let store = Store::default();
    store.take(collect(|| knows_no_limit()));
    store.work_off();
    assert_eq!(counts("knows no limit")[1].panicked, 1);
    assert_eq!(store.dead()[0].1, "panicked: no such file");
}

#[test]
fn an_attempt_that_takes_too_long_has_failed() {
    observe();
    let store = Store::default();
    store.take(collect(|| takes_too_long()));
    store.work_off();
    assert_eq!(counts("takes too long")[1].failed, 1);
    assert_eq!(store.dead()[0].1, "timed out after 5ms");
    let reports = reports("takes too long");
    assert!(reports[0].1.contains(") failed: timed out after 5ms;"));
    assert!(
        reports[1]
            .1
            .contains(") was given up after 1 attempt: timed out after 5ms;")
    );
}

#[test]
fn the_functions_of_a_program_are_known_by_name() {
    let of = |name: &str| {
        durable::functions()
            .find(|function| function.name() == name)
            .map(|function| (function.queue(), function.attempts()))
    };
    assert_eq!(of("knows its job"), Some(("mail", 2)));
    assert_eq!(of("greet"), Some(("default", 5)));
    assert_eq!(of("nobody's"), None);
    durable::check().unwrap();
}
