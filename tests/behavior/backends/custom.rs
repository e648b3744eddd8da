//! Backends of the user's: whatever they do with a task, the launch is accounted for.

use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Backend, Loss, Refusal, Task, fire_and_forget};
use waiting::backends::{FORGETFUL, SHELF};
use waiting::signal;

use crate::recorder::{Class, row, watch, watch_named};
use crate::values::drops::{Drops, PanicsWhenDropped, Tracked};
use crate::values::ends::{End, Failure, end};

/// A backend that is one function, of a type of its own.
macro_rules! backend {
    ($static:ident: $type:ident = $submit:expr) => {
        struct $type;

        impl Backend for $type {
            fn submit(&'static self, task: Task) -> Result<(), Task> {
                let submit: fn(Task) -> Result<(), Task> = $submit;
                submit(task)
            }

            fn name(&self) -> &'static str {
                stringify!($static)
            }
        }

        static $static: $type = $type;
    };
}
pub(crate) use backend;

backend!(IN_PLACE: InPlace = |task| {
    task.run();
    Ok(())
});

#[fire_and_forget(backend = IN_PLACE)]
fn runs_in_place(ids: Sender<ThreadId>, how: End) -> Result<(), Failure> {
    let _ = ids.send(thread::current().id());
    end(how)
}

#[test]
fn a_backend_may_run_the_task_at_once_and_no_panic_comes_out_of_it() {
    let watched = watch!(runs_in_place);
    let (ids, received) = signal();
    for how in [End::Ok, End::Panicked, End::Failed] {
        runs_in_place(ids.clone(), how);
    }
    assert_eq!(received.so_far(), [thread::current().id(); 3]);
    watched.check(
        row!(launched: 3, ok: 1, failed: 1, panicked: 1),
        &["panicked: deliberate", "failed: as it was told"],
    );
    assert_eq!(watched.entry().backend(), "IN_PLACE");
}

#[fire_and_forget(backend = FORGETFUL)]
fn is_forgotten(_argument: Tracked) {}

#[fire_and_forget(backend = FORGETFUL)]
async fn is_forgotten_as_a_future(_argument: Tracked) {}

#[fire_and_forget(backend = FORGETFUL)]
fn is_forgotten_with_a_bomb(_argument: PanicsWhenDropped) {}

// Pitfalls 4 and 6.
#[test]
fn a_task_that_its_backend_drops_is_lost_and_reported() {
    let watched = watch!(is_forgotten);
    let future = watch!(is_forgotten_as_a_future);
    let bomb = watch!(is_forgotten_with_a_bomb);
    let drops = Drops::new();
    is_forgotten(drops.tracked());
    is_forgotten_as_a_future(drops.tracked());
    is_forgotten_with_a_bomb(PanicsWhenDropped);
    assert_eq!(drops.count(), 2);
    for watched in [watched, future] {
        watched.check(
            row!(launched: 1, lost: 1),
            &["was lost: dropped before it began"],
        );
        assert_eq!(watched.reports()[0].class, Class::Lost(Loss::NeverRan));
    }
    bomb.check(
        row!(launched: 1, lost: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: dropped before it began",
        ],
    );
}

backend!(REFUSING: Refusing = Err);

#[fire_and_forget(backend = REFUSING)]
fn is_refused(_argument: Tracked) {}

#[fire_and_forget(backend = REFUSING, on_full = "reject")]
async fn is_given_back(_argument: Tracked, _number: u8) {}

#[fire_and_forget(backend = REFUSING, on_full = "caller_runs")]
fn runs_here(ids: Sender<ThreadId>) {
    let _ = ids.send(thread::current().id());
}

#[test]
fn a_backend_refuses_by_giving_the_task_back() {
    let (watched, given_back, here) =
        (watch!(is_refused), watch!(is_given_back), watch!(runs_here));
    let drops = Drops::new();
    is_refused(drops.tracked());
    assert_eq!(drops.count(), 1);
    watched.check(
        row!(launched: 1, refused: 1),
        &["was refused: the queue is full"],
    );

    let rejected = is_given_back(drops.tracked(), 3).unwrap_err();
    assert_eq!(rejected.reason(), Refusal::Full);
    let (argument, number) = rejected.into_args();
    assert_eq!((drops.count(), number), (1, 3));
    drop(argument);
    given_back.check(row!(launched: 1, refused: 1), &[]);

    let (ids, received) = signal();
    runs_here(ids);
    assert_eq!(received.so_far(), [thread::current().id()]);
    here.check(row!(launched: 1, ok: 1), &[]);
}

// Keeps the newest task, and gives back the one before it.
backend!(SWAPPING: Swapping = |task| SWAPPED.lock().unwrap().replace(task).map_or(Ok(()), Err));

static SWAPPED: Mutex<Option<Task>> = Mutex::new(None);

#[fire_and_forget(backend = SWAPPING)]
fn is_swapped(_number: u8, _argument: Tracked) {}

#[fire_and_forget(backend = SWAPPING, on_full = "reject")]
fn is_swapped_or_rejected(number: u8, numbers: Sender<u8>, _argument: Tracked) {
    let _ = numbers.send(number);
}

#[fire_and_forget(backend = SWAPPING, on_full = "reject")]
fn is_swapped_for_its_like(number: u8, numbers: Sender<u8>, _argument: Tracked) {
    let _ = numbers.send(number);
}

#[test]
fn a_backend_that_gives_back_another_task_has_evicted_that_one() {
    const EVICTED: &str = "was lost: a newer launch took its place in the full queue";
    let watched = watch!(is_swapped);
    let (rejecting, like) = (
        watch!(is_swapped_or_rejected),
        watch!(is_swapped_for_its_like),
    );
    let drops = Drops::new();
    let (numbers, received) = signal();
    is_swapped(1, drops.tracked());
    is_swapped(2, drops.tracked());
    is_swapped_or_rejected(3, numbers.clone(), drops.tracked()).unwrap();
    is_swapped_for_its_like(4, numbers.clone(), drops.tracked()).unwrap();
    // Of the same type as the one that comes back: only who it is tells them apart.
    is_swapped_for_its_like(5, numbers, drops.tracked()).unwrap();
    assert_eq!(drops.count(), 4);
    SWAPPED.lock().unwrap().take().unwrap().run();
    assert_eq!(received.so_far(), [5]);
    assert_eq!(drops.count(), 5);

    watched.check(row!(launched: 2, lost: 2), &[EVICTED; 2]);
    rejecting.check(row!(launched: 1, lost: 1), &[EVICTED]);
    like.check(row!(launched: 2, ok: 1, lost: 1), &[EVICTED]);
}

backend!(PANICKING: Panicking = |_task| panic!("deliberate, in `submit`"));

#[fire_and_forget(backend = PANICKING)]
fn is_met_with_a_panic(_argument: Tracked) {}

#[fire_and_forget(backend = PANICKING, on_full = "reject", max_in_flight = 1)]
fn is_met_with_a_panic_and_a_limit(_argument: Tracked) {}

#[fire_and_forget(backend = PANICKING)]
fn is_met_with_a_panic_and_panics(_argument: PanicsWhenDropped) {}

// Pitfall 11, too: the permit returns, or the second launch would be refused.
#[test]
fn a_backend_that_panics_loses_the_launch_and_not_its_caller() {
    let watched = watch!(is_met_with_a_panic);
    let limited = watch!(is_met_with_a_panic_and_a_limit);
    let drops = Drops::new();
    is_met_with_a_panic(drops.tracked());
    for _ in 0..3 {
        is_met_with_a_panic_and_a_limit(drops.tracked()).unwrap();
    }
    assert_eq!(drops.count(), 4);
    // Its argument is dropped while the panic unwinds.
    let bomb = watch!(is_met_with_a_panic_and_panics);
    is_met_with_a_panic_and_panics(PanicsWhenDropped);
    bomb.check(
        row!(launched: 1, lost: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: dropped before it began",
        ],
    );
    watched.check(
        row!(launched: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
    limited.check(
        row!(launched: 3, lost: 3),
        &["was lost: dropped before it began"; 3],
    );
}

struct Nameless;

impl Backend for Nameless {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        task.run();
        Ok(())
    }

    fn name(&self) -> &str {
        panic!("deliberate, in `name`")
    }
}

static NAMELESS: Nameless = Nameless;

#[fire_and_forget(backend = NAMELESS)]
fn has_a_backend_without_a_name() {}

#[test]
fn a_backend_whose_name_panics_harms_nobody() {
    let watched = watch!(has_a_backend_without_a_name);
    has_a_backend_without_a_name();
    has_a_backend_without_a_name();
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget(backend = SHELF, name = "a task on a shelf")]
fn waits_on_a_shelf(ids: Sender<ThreadId>) {
    let _ = ids.send(thread::current().id());
}

#[test]
fn a_task_knows_its_function_and_runs_on_any_thread_or_is_dropped_there() {
    let watched = watch_named("a task on a shelf");
    let (ids, received) = signal();
    waits_on_a_shelf(ids.clone());
    waits_on_a_shelf(ids);
    let (first, second) = (SHELF.take(), SHELF.take());
    assert_eq!(first.function(), "a task on a shelf");
    assert_eq!(
        format!("{first:?}"),
        r#"Task { function: "a task on a shelf", .. }"#
    );
    let runner = thread::spawn(move || first.run());
    let id = runner.thread().id();
    runner.join().unwrap();
    assert_eq!(received.receive(), id);
    thread::spawn(move || drop(second)).join().unwrap();
    watched.check(
        row!(launched: 2, ok: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
}
