//! The default observer and its rate limit; observers that panic or launch.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use fire_and_forget::{Observer, Pool, Report, fire_and_forget, flush, set_observer, shutdown};
use waiting::{PATIENCE, signal};

use crate::{counts, named};

crate::scenarios!(
    default_observer_writes_one_line_each,
    default_observer_writes_one_line_of_many,
    default_observer_limits_its_rate,
    default_observer_says_what_it_left_out_when_the_second_is_over,
    launches_get_threads_while_nobody_can_write_what_was_left_out,
    observer_that_panics,
    observer_that_launches,
    observer_whose_launches_fail,
    observer_is_set_once,
    observer_that_is_a_closure,
    observer_with_the_default,
    #[cfg(feature = "tracing")]
    observer_of_events_without_a_subscriber,
);

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

static POOL: Pool = Pool::new("observed").threads(1);

#[fire_and_forget(backend = POOL, name = "mail.welcome")]
fn fails(number: u32) -> Result<(), String> {
    Err(format!("number {number}"))
}

#[fire_and_forget(backend = POOL, name = "mail.refused", max_in_flight = NONE)]
fn is_refused() {}

#[fire_and_forget(backend = POOL, name = "mail.panics")]
fn panics() {
    std::panic::resume_unwind(Box::new("without a word from the hook"));
}

fn default_observer_writes_one_line_each() {
    fails(1);
    flush(PATIENCE).wait().unwrap();
    is_refused();
    panics();
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = POOL, name = "mail.answers")]
fn fails_in_two_lines() -> Result<(), &'static str> {
    Err("no\nfire-and-forget: `mail.welcome` panicked\x1b[2J")
}

/// What a peer has sent does not pass for a report.
fn default_observer_writes_one_line_of_many() {
    fails_in_two_lines();
    flush(PATIENCE).wait().unwrap();
}

/// Functions have a share each; the shutdown says at once what was left out.
fn default_observer_limits_its_rate() {
    for number in 0..1000 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    is_refused();
    shutdown(PATIENCE).wait().unwrap();
}

/// Lives until standard input is closed.
fn default_observer_says_what_it_left_out_when_the_second_is_over() {
    for number in 0..1000 {
        fails(number);
    }
    let mut text = String::new();
    std::io::stdin().read_line(&mut text).unwrap();
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = "thread")]
fn needs_a_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

/// As where it is a pipe that nobody reads: who writes waits.
fn launches_get_threads_while_nobody_can_write_what_was_left_out() {
    for number in 0..1000 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    let stderr = std::io::stderr().lock();
    // In the midst of this the second of the reports is over.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        let (ran, runs) = signal();
        needs_a_thread(ran);
        runs.receive();
    }
    drop(stderr);
    shutdown(PATIENCE).wait().unwrap();
}

struct Panics;

static SEEN: AtomicU32 = AtomicU32::new(0);

impl Observer for Panics {
    fn report(&self, _: &Report<'_>) {
        SEEN.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("no disk"));
    }
}

/// Pitfall 4: the report goes to standard error, the launch is counted, the worker and the caller go on.
fn observer_that_panics() {
    set_observer(Panics).unwrap();
    fails(1);
    flush(PATIENCE).wait().unwrap();
    panics();
    flush(PATIENCE).wait().unwrap();
    is_refused();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(SEEN.load(Ordering::SeqCst), 3);
    let total = fire_and_forget::ledger().total();
    println!(
        "{} {} {} {}",
        total.launched, total.failed, total.panicked, total.refused
    );
}

struct Launches;

impl Observer for Launches {
    fn report(&self, report: &Report<'_>) {
        println!("observed: {}", report.event());
        is_refused();
        is_launched_by_the_observer();
    }
}

#[fire_and_forget]
fn is_launched_by_the_observer() {}

/// Its own launches are refused, which is reported: on standard error, or it would call itself for ever.
fn observer_that_launches() {
    set_observer(Launches).unwrap();
    fails(1);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts(named!(is_launched_by_the_observer)),
        [1, 1, 0, 0, 0, 0]
    );
}

/// Launches what fails on every backend, and what launches something that fails.
struct LaunchesFailures;

static OBSERVED: AtomicU32 = AtomicU32::new(0);

impl Observer for LaunchesFailures {
    fn report(&self, _: &Report<'_>) {
        OBSERVED.fetch_add(1, Ordering::SeqCst);
        fails_on_a_pool();
        fails_on_a_thread();
        fails_on_a_runtime();
        fails_as_a_task();
        launches_what_fails();
        is_refused_with_a_launch(LaunchesWhenDropped);
    }
}

#[fire_and_forget(backend = POOL)]
fn fails_on_a_pool() -> Result<(), &'static str> {
    Err("pool")
}

#[fire_and_forget(backend = "thread")]
fn fails_on_a_thread() -> Result<(), &'static str> {
    Err("thread")
}

#[fire_and_forget(backend = "tokio")]
fn fails_on_a_runtime() -> Result<(), &'static str> {
    Err("runtime")
}

#[fire_and_forget]
async fn fails_as_a_task() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    fails_further_on();
    Err("task")
}

#[fire_and_forget(backend = POOL)]
fn launches_what_fails() {
    fails_further_on();
}

#[fire_and_forget(backend = "thread")]
fn fails_further_on() -> Result<(), &'static str> {
    Err("further on")
}

#[fire_and_forget(backend = POOL, max_in_flight = NONE)]
fn is_refused_with_a_launch(_: LaunchesWhenDropped) {}

struct LaunchesWhenDropped;

impl Drop for LaunchesWhenDropped {
    fn drop(&mut self) {
        fails_further_on();
    }
}

/// Without an end, if the reports of what it launched came to it, too.
fn observer_whose_launches_fail() {
    set_observer(LaunchesFailures).unwrap();
    fails(1);
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(OBSERVED.load(Ordering::SeqCst), 1);
    assert_eq!(counts(named!(fails_further_on)), [3, 0, 3, 0, 0, 0]);
    let total = fire_and_forget::ledger().total();
    assert_eq!(
        (total.launched, total.ok, total.failed, total.refused),
        (10, 1, 8, 1)
    );
}

fn observer_is_set_once() {
    struct Prints(&'static str);

    impl Observer for Prints {
        fn report(&self, report: &Report<'_>) {
            println!("{}: {}", self.0, report.event());
        }
    }

    set_observer(Prints("first")).unwrap();
    println!("{}", set_observer(Prints("second")).unwrap_err());
    is_refused();
}

fn observer_that_is_a_closure() {
    let prefix = String::from("seen");
    set_observer(move |report: &Report<'_>| println!("{prefix}: {}", report.event())).unwrap();
    fails(1);
    flush(PATIENCE).wait().unwrap();
    is_refused();
}

/// It writes what is written where no observer is set.
fn observer_with_the_default() {
    struct AsBefore;

    impl Observer for AsBefore {}

    set_observer(AsBefore).unwrap();
    default_observer_writes_one_line_each();
}

#[cfg(feature = "tracing")]
fn observer_of_events_without_a_subscriber() {
    set_observer(fire_and_forget::observer::Tracing).unwrap();
    fails(1);
    flush(PATIENCE).wait().unwrap();
    is_refused();
}
