//! How a body's value ends its launch, beyond what holds on every backend: return types and error handlers.

use std::error::Error;
use std::fmt;
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::fire_and_forget;
use waiting::signal;

use crate::recorder::{row, watch};

#[fire_and_forget]
fn fails_with_a_chain() -> Result<(), Chain> {
    Err(Chain)
}

struct Chain;

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() {
            "cannot send: connection refused"
        } else {
            "cannot send"
        })
    }
}

#[test]
fn an_error_is_printed_with_its_whole_chain() {
    let watched = watch!(fails_with_a_chain);
    fails_with_a_chain();
    watched.check(
        row!(launched: 1, failed: 1),
        &["failed: cannot send: connection refused"],
    );
}

#[fire_and_forget]
fn fails_with_a_boxed_error(text: String) -> Result<(), Box<dyn Error>> {
    let _: u32 = text.parse()?;
    Ok(())
}

#[test]
fn a_boxed_error_is_reported() {
    let watched = watch!(fails_with_a_boxed_error);
    fails_with_a_boxed_error("12".into());
    watched.check(row!(launched: 1, ok: 1), &[]);
    fails_with_a_boxed_error("twelve".into());
    watched.check(
        row!(launched: 2, ok: 1, failed: 1),
        &["failed: invalid digit found in string"],
    );
}

#[fire_and_forget]
fn never_returns(text: &'static str) -> ! {
    panic!("deliberate: {text}")
}

#[fire_and_forget]
async fn never_returns_from_a_task(text: &'static str) -> ! {
    panic!("deliberate: {text}")
}

#[test]
fn a_body_that_never_returns_can_only_panic() {
    let (watched, task) = (watch!(never_returns), watch!(never_returns_from_a_task));
    never_returns("a");
    never_returns_from_a_task("b");
    watched.check(row!(launched: 1, panicked: 1), &["panicked: deliberate: a"]);
    task.check(row!(launched: 1, panicked: 1), &["panicked: deliberate: b"]);
}

struct Job {
    threads: Sender<ThreadId>,
}

impl Job {
    #[fire_and_forget(on_error = Self::failed)]
    fn run(self) -> Result<(), (Self, ThreadId)> {
        Err((self, thread::current().id()))
    }

    fn failed((job, ran_on): (Self, ThreadId)) {
        let _ = job.threads.send(ran_on);
        let _ = job.threads.send(thread::current().id());
    }
}

#[test]
fn an_error_handler_may_be_an_associated_function_and_runs_where_the_body_ran() {
    let watched = watch!(Job::run);
    let (threads, ids) = signal();
    Job { threads }.run();
    assert_eq!(ids.receive(), ids.receive());
    watched.check(row!(launched: 1, failed: 1), &[]);
}

#[fire_and_forget(on_error = relaunch)]
fn retries(left: u32, done: Sender<&'static str>) -> Result<(), (u32, Sender<&'static str>)> {
    if left == 0 {
        let _ = done.send("done");
        return Ok(());
    }
    Err((left - 1, done))
}

fn relaunch((left, done): (u32, Sender<&'static str>)) {
    retries(left, done);
}

#[test]
fn an_error_handler_may_launch_again() {
    let watched = watch!(retries);
    let (done, texts) = signal();
    retries(3, done);
    assert_eq!(texts.receive(), "done");
    watched.check(row!(launched: 4, ok: 1, failed: 3), &[]);
}
