//! `Pool::flush` waits for the launches of one pool, and for no other.

use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{Backend, Entry, Pool, Task, Unfinished, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, in_time, signal};

use crate::backends::custom::backend;
use crate::recorder::{row, watch};

static FLUSHED: Pool = Pool::new("flushed").threads(1);
static OTHER: Pool = Pool::new("other").threads(1);

#[fire_and_forget(backend = FLUSHED)]
fn is_waited_for(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = OTHER)]
fn is_not_waited_for(pass: Pass) {
    pass.wait();
}

fn flushed(timeout: Duration) -> Result<(), Unfinished> {
    in_time("a wait ends at its deadline", move || {
        FLUSHED.flush(timeout).wait()
    })
}

#[test]
fn flush_waits_for_one_pool_and_names_what_is_left() {
    let (watched, other) = (watch!(is_waited_for), watch!(is_not_waited_for));
    let gate = Gate::new();
    flushed(Duration::ZERO).unwrap();
    is_not_waited_for(gate.pass());
    is_waited_for(Pass::open());
    flushed(PATIENCE).unwrap();
    assert_eq!(watched.counts(), row!(launched: 1, ok: 1));

    is_waited_for(gate.pass());
    is_waited_for(gate.pass());
    let unfinished = flushed(Duration::from_millis(5)).unwrap_err();
    assert_eq!(
        unfinished.to_string(),
        format!(
            "the deadline has passed; unfinished: `{}` (2 in flight)",
            watched.name()
        )
    );
    assert_eq!(unfinished.entries().len(), 1);
    assert_eq!(unfinished.entries()[0].function(), watched.name());
    assert_eq!(unfinished.entries()[0].counts().in_flight(), 2);
    assert_eq!(other.counts().in_flight(), 1);

    let wait = FLUSHED.flush(PATIENCE);
    gate.open();
    in_time("the pool is quiet", || wait.wait().unwrap());
    watched.check(row!(launched: 3, ok: 3), &[]);
    other.check(row!(launched: 1, ok: 1), &[]);
}

static BEHIND: Pool = Pool::new("behind").threads(1);

backend!(IN_FRONT: InFront = |task| BEHIND.submit(task));

#[fire_and_forget(backend = IN_FRONT)]
fn is_handed_on(pass: Pass) {
    pass.wait();
}

#[test]
fn flush_of_a_pool_behind_another_backend_names_what_may_be_there() {
    let watched = watch!(is_handed_on);
    let gate = Gate::holding(is_handed_on);
    let unfinished = in_time("a wait ends at its deadline", || {
        BEHIND.flush(Duration::from_millis(5)).wait().unwrap_err()
    });
    let mut names = unfinished.entries().iter().map(Entry::function);
    assert!(names.any(|name| name == watched.name()), "{unfinished}");
    gate.open();
    in_time("the pool is quiet", || {
        BEHIND.flush(PATIENCE).wait().unwrap();
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}

static FLUSHING: Pool = Pool::new("flushing").threads(1);

#[fire_and_forget(backend = FLUSHING)]
fn flushes_its_own_pool(done: Sender<String>) {
    let _ = match FLUSHING.flush(PATIENCE).wait() {
        Ok(()) => done.send("waited".into()),
        Err(unfinished) => done.send(unfinished.to_string()),
    };
}

#[test]
fn flush_of_a_pool_inside_a_body_fails_at_once() {
    let watched = watch!(flushes_its_own_pool);
    let (done, texts) = signal();
    flushes_its_own_pool(done);
    let text = texts.receive();
    assert!(text.starts_with("a wait inside a launched body"), "{text}");
    watched.check(row!(launched: 1, ok: 1), &[]);
}
