//! Observers that get reports at a limited rate.

use std::process::exit;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use fire_and_forget::{
    Event, Observer, Pool, Report, fire_and_forget, flush, observer, set_observer, shutdown,
};
use waiting::{PATIENCE, signal};

crate::scenarios!(
    limited_observer_gets_its_share_and_what_was_left_out,
    limited_observer_is_told_when_the_time_is_over,
    limited_observer_at_an_exit_without_a_shutdown,
    limited_observer_that_panics_at_what_was_left_out,
    limited_observer_that_launches,
    limited_observer_with_the_default,
    limited_observer_that_is_stuck_holds_up_no_launch,
);

static POOL: Pool = Pool::new("observed").threads(1);
static OTHER: Pool = Pool::new("other").threads(1);

#[fire_and_forget(backend = POOL, name = "fails")]
fn fails(number: u32) -> Result<(), String> {
    Err(format!("number {number}"))
}

#[fire_and_forget(backend = POOL, name = "panics")]
fn panics() {
    std::panic::resume_unwind(Box::new("without a word from the hook"));
}

#[fire_and_forget(backend = if number == 0 { &POOL } else { &OTHER }, name = "chosen")]
fn chosen(number: u32) -> Result<(), String> {
    Err(format!("number {number}"))
}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

#[fire_and_forget(backend = POOL, name = "refused", max_in_flight = NONE)]
fn is_refused() {}

fn print(report: &Report<'_>) {
    println!("{} {}", report.function(), report.event());
}

/// A function has a share of each kind, on all its backends together; the shutdown has the rest told.
fn limited_observer_gets_its_share_and_what_was_left_out() {
    let limited = observer::Limited::new(print).at_most(2, Duration::MAX);
    set_observer(limited).unwrap();
    for number in 0..5 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    for _ in 0..3 {
        panics();
    }
    flush(PATIENCE).wait().unwrap();
    for _ in 0..3 {
        is_refused();
    }
    for number in [0, 0, 1] {
        chosen(number);
        flush(PATIENCE).wait().unwrap();
    }
    println!("shutdown");
    shutdown(PATIENCE).wait().unwrap();
    println!("end");
    assert_eq!(fire_and_forget::ledger().total().failed, 8);
}

/// Sends what it gets, and the name of its thread.
struct Sends(Mutex<Sender<(String, Option<String>)>>);

impl Observer for Sends {
    fn report(&self, report: &Report<'_>) {
        let thread = thread::current().name().map(str::to_owned);
        let _ = self.0.lock().unwrap().send((report.to_string(), thread));
    }
}

/// Nothing happens in the process but this.
fn limited_observer_is_told_when_the_time_is_over() {
    let (sent, received) = signal();
    let sends = Sends(Mutex::new(sent));
    set_observer(observer::Limited::new(sends).at_most(1, Duration::from_millis(200))).unwrap();
    fails(1);
    fails(2);
    flush(PATIENCE).wait().unwrap();
    let (first, thread) = received.receive();
    assert!(
        first.starts_with("`fails` (tests/scenario/account/limited.rs:"),
        "{first}"
    );
    assert!(
        first.contains(") failed: number 1; launched at "),
        "{first}"
    );
    assert_eq!(thread.as_deref(), Some("observed-0"));
    let (second, thread) = received.receive();
    // On a slow machine, that time was over before the second report.
    if second.contains(" failed: ") {
        return;
    }
    assert!(second.ends_with("): 1 more report left out"), "{second}");
    assert_eq!(thread.as_deref(), Some("ff-observer"));
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(received.so_far(), []);
}

fn limited_observer_at_an_exit_without_a_shutdown() {
    let limited = observer::Limited::new(print).at_most(1, Duration::MAX);
    set_observer(limited).unwrap();
    for number in 0..5 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    exit(0);
}

fn limited_observer_that_panics_at_what_was_left_out() {
    let fussy = |report: &Report<'_>| {
        if matches!(report.event(), Event::LeftOut(_)) {
            std::panic::resume_unwind(Box::new("fussy"));
        }
        print(report);
    };
    set_observer(observer::Limited::new(fussy).at_most(1, Duration::MAX)).unwrap();
    for number in 0..5 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(fire_and_forget::ledger().total().failed, 5);
}

/// What it launches fails, and is not reported to it.
fn limited_observer_that_launches() {
    let launches = |report: &Report<'_>| {
        print(report);
        fails(7);
    };
    let limited = observer::Limited::new(launches).at_most(1, Duration::MAX);
    set_observer(limited).unwrap();
    fails(0);
    fails(1);
    flush(PATIENCE).wait().unwrap();
    shutdown(PATIENCE).wait().unwrap();
}

struct Default;

impl Observer for Default {}

fn limited_observer_with_the_default() {
    set_observer(observer::Limited::new(Default).at_most(1, Duration::MAX)).unwrap();
    for number in 0..5 {
        fails(number);
    }
    flush(PATIENCE).wait().unwrap();
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = "thread", name = "needs a thread")]
fn needs_a_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

/// The thread that tells it what was left out is its own.
fn limited_observer_that_is_stuck_holds_up_no_launch() {
    let (stuck, is_stuck) = signal();
    let (go_on, goes_on) = channel::<()>();
    let ends = Mutex::new((stuck, goes_on));
    let limited = move |report: &Report<'_>| {
        if matches!(report.event(), Event::LeftOut(_)) {
            let (stuck, goes_on) = &*ends.lock().unwrap();
            let _ = stuck.send(());
            let _ = goes_on.recv();
        }
    };
    let window = Duration::from_millis(200);
    set_observer(observer::Limited::new(limited).at_most(1, window)).unwrap();
    for number in 0..100 {
        fails(number);
    }
    is_stuck.receive();
    for _ in 0..10 {
        let (ran, runs) = signal();
        needs_a_thread(ran);
        runs.receive();
    }
    drop(go_on);
    shutdown(PATIENCE).wait().unwrap();
}
