//! Arguments that launch again whenever they are dropped: that comes to an end.

use std::sync::atomic::{AtomicU32, Ordering};

use fire_and_forget::{Refusal, fire_and_forget, shutdown};
use waiting::backends::FORGETFUL;
use waiting::{PATIENCE, in_time};

use super::{ENDED, NONE};
use crate::{counts, named};

crate::scenarios!(
    refused_arguments_that_launch_themselves_again,
    refused_tasks_that_launch_themselves_again,
    dropped_arguments_that_launch_themselves_again,
    futures_dropped_by_an_executor_that_launch_themselves_again,
    futures_given_back_by_an_executor_that_launch_themselves_again,
    futures_dropped_by_a_runtime_that_launch_themselves_again,
    refused_arguments_that_launch_each_other,
);

/// Launches itself again, wherever it is dropped.
struct Again(fn(Again));

impl Drop for Again {
    fn drop(&mut self) {
        AGAIN.fetch_add(1, Ordering::SeqCst);
        (self.0)(Self(self.0));
    }
}

static AGAIN: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(max_in_flight = NONE)]
fn refuses(_: Again) {}

#[fire_and_forget(max_in_flight = NONE)]
async fn refuses_a_task(_: Again) {}

#[fire_and_forget(backend = FORGETFUL)]
fn forgets(_: Again) {}

#[track_caller]
fn check_again(function: &str, launch: fn(Again), lost: u64) {
    let (act, before) = (launch, AGAIN.load(Ordering::SeqCst));
    in_time(
        "a destructor that launches itself again comes to an end",
        move || {
            act(Again(act));
        },
    );
    let times = u64::from(AGAIN.load(Ordering::SeqCst) - before);
    assert!((1..1000).contains(&times), "{times}");
    // The last one was leaked, and counted all the same.
    let [launched, .., refused] = counts(function);
    assert_eq!(launched, times + 1);
    assert_eq!(refused, if lost > 0 { 0 } else { times + 1 });
}

/// Pitfall 24.
fn refused_arguments_that_launch_themselves_again() {
    check_again(named!(refuses), refuses, 0);
}

/// Pitfall 24.
fn refused_tasks_that_launch_themselves_again() {
    check_again(named!(refuses_a_task), refuses_a_task, 0);
}

/// Pitfall 24: the backend drops each task.
fn dropped_arguments_that_launch_themselves_again() {
    check_again(named!(forgets), forgets, 1);
}

#[fire_and_forget(backend = ENDED)]
async fn is_dropped_by_an_executor(_: Again) {}

#[fire_and_forget(backend = ENDED, on_full = "reject")]
async fn is_given_back_too_deep(_: Again) {}

#[fire_and_forget(backend = "tokio")]
async fn is_dropped_by_an_ended_runtime(_: Again) {}

/// Of so many launches that were dropped, the last one was not even handed over.
#[track_caller]
fn check_dropped_futures(function: &str, launch: fn(Again)) {
    let act = launch;
    in_time("a destructor that launches itself again ends", move || {
        act(Again(act));
    });
    let [launched, .., lost, refused] = counts(function);
    assert!((2..1000).contains(&launched), "{launched}");
    assert_eq!((lost, refused), (launched - 1, 1));
}

/// Pitfall 24: nobody can leak what the executor has pinned.
fn futures_dropped_by_an_executor_that_launch_themselves_again() {
    check_dropped_futures(named!(is_dropped_by_an_executor), is_dropped_by_an_executor);
}

/// Pitfall 24: the caller keeps the arguments of the deepest one.
fn futures_given_back_by_an_executor_that_launch_themselves_again() {
    check_dropped_futures(named!(is_given_back_too_deep), |again| {
        if let Err(rejected) = is_given_back_too_deep(again) {
            assert_eq!(rejected.reason(), Refusal::TooDeep);
            std::mem::forget(rejected);
        }
    });
}

/// Pitfall 24.
fn futures_dropped_by_a_runtime_that_launch_themselves_again() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    fire_and_forget::set_tokio_handle(runtime.handle().clone()).unwrap();
    drop(runtime);
    check_dropped_futures(
        named!(is_dropped_by_an_ended_runtime),
        is_dropped_by_an_ended_runtime,
    );
}

/// Pitfall 24: after a shutdown, when everything is refused, and with two functions in turn.
fn refused_arguments_that_launch_each_other() {
    shutdown(PATIENCE).wait().unwrap();
    in_time("destructors that launch each other come to an end", || {
        one(Turn(0));
    });
    let all = fire_and_forget::ledger().total();
    assert_eq!((all.in_flight(), all.launched), (0, all.refused));
}

/// Launches one of two functions, each in its turn.
struct Turn(u32);

impl Drop for Turn {
    fn drop(&mut self) {
        let next = Self(self.0 + 1);
        if self.0.is_multiple_of(2) {
            other(next);
        } else {
            one(next);
        }
    }
}

#[fire_and_forget(backend = "thread")]
fn one(_: Turn) {}

#[fire_and_forget]
async fn other(_: Turn) {}
