//! Flush, with each way to wait for it.

use std::time::Duration;

use shuttle::thread;

use super::{Callers, Ran, quiet, schedules};
use crate::{Backend, Pool, Task, fire_and_forget, flush};

schedules! {
    what_was_launched_before_has_ended
    a_task_waits_as_a_thread_does
    two_wait_while_a_third_launches
    a_pool_is_flushed_by_itself
    a_wait_that_is_dropped_is_forgotten
    a_deadline_that_has_come_is_kept
    launches_that_follow_one_another_are_one
}

static POOL: Pool = Pool::new("pool")
    .threads(2)
    .queue(8)
    .keep_alive(Duration::MAX);
static RETIRING: Pool = Pool::new("retiring")
    .threads(2)
    .queue(8)
    .keep_alive(Duration::ZERO);

#[fire_and_forget(crate = crate, backend = POOL)]
fn runs(ran: Ran) {
    ran.add();
}

#[fire_and_forget(crate = crate, backend = RETIRING)]
fn runs_and_retires(ran: Ran) {
    ran.add();
}

fn what_was_launched_before_has_ended() {
    let ran = Ran::default();
    for round in 1..=2 {
        runs(ran.clone());
        runs_and_retires(ran.clone());
        flush(Duration::MAX).wait().unwrap();
        assert_eq!(ran.count(), 2 * round);
    }
}

fn a_task_waits_as_a_thread_does() {
    let ran = Ran::default();
    for _ in 0..3 {
        runs(ran.clone());
    }
    shuttle::future::block_on(flush(Duration::MAX)).unwrap();
    assert_eq!(ran.count(), 3);
}

fn two_wait_while_a_third_launches() {
    let ran = Ran::default();
    runs(ran.clone());
    let launching = thread::spawn({
        let ran = ran.clone();
        move || {
            runs(ran.clone());
            runs_and_retires(ran);
        }
    });
    let waiting = thread::spawn(|| flush(Duration::MAX).wait());
    flush(Duration::MAX).wait().unwrap();
    assert!(ran.count() >= 1);
    waiting.join().unwrap().unwrap();
    launching.join().unwrap();
    assert_eq!(quiet().ok, 3);
}

fn a_pool_is_flushed_by_itself() {
    let ran = Ran::default();
    let launching = thread::spawn({
        let ran = ran.clone();
        move || {
            for _ in 0..3 {
                runs(ran.clone());
            }
        }
    });
    let other = Ran::default();
    for _ in 0..2 {
        runs_and_retires(other.clone());
        RETIRING.flush(Duration::MAX).wait().unwrap();
    }
    assert_eq!(other.count(), 2);
    launching.join().unwrap();
    POOL.flush(Duration::MAX).wait().unwrap();
    assert_eq!(ran.count(), 3);
}

fn a_wait_that_is_dropped_is_forgotten() {
    let ran = Ran::default();
    runs(ran.clone());
    drop(flush(Duration::MAX));
    runs(ran.clone());
    flush(Duration::MAX).wait().unwrap();
    assert_eq!(ran.count(), 2);
}

fn a_deadline_that_has_come_is_kept() {
    let ran = Ran::default();
    runs(ran.clone());
    if flush(Duration::ZERO).wait().is_ok() {
        assert_eq!(ran.count(), 1);
    }
    assert_eq!(quiet().ok, 1);
}

/// A backend whose threads the runtime does not know: only the counts say whether all is quiet.
struct OfTheUser;

static OF_THE_USER: OfTheUser = OfTheUser;

impl Backend for OfTheUser {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        thread::spawn(move || task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "of the user"
    }
}

#[fire_and_forget(crate = crate, backend = OF_THE_USER)]
fn ping(left: u64, ran: Ran) {
    ran.add();
    if left > 0 {
        pong(left - 1, ran);
    }
}

#[fire_and_forget(crate = crate, backend = OF_THE_USER)]
fn pong(left: u64, ran: Ran) {
    ran.add();
    if left > 0 {
        ping(left - 1, ran);
    }
}

/// Each function is quiet while the other one runs, and they are never quiet together.
fn launches_that_follow_one_another_are_one() {
    let ran = Ran::default();
    ping(99, ran.clone());
    let lookers = Callers::begin(3, 1, {
        let ran = ran.clone();
        move || {
            quiet();
            assert_eq!(ran.count(), 100);
        }
    });
    lookers.join();
}
