//! What a launch does that does not fit: `drop`, `reject`, `block`, `caller_runs`, and the function's own limit.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Backend, Loss, Pool, Refusal, Task, Threads, fire_and_forget};

use crate::gate::{Gate, Pass, signal};
use crate::recorder::{Class, row, watch};
use crate::tracked::PanicsWhenDropped;

/// Pools of one thread with room for one launch, each for one test.
macro_rules! small {
    ($($name:ident),*) => {
        $(static $name: Pool = Pool::new("small").threads(1).queue(1);)*
    };
}

small!(
    DROP,
    REJECT,
    BLOCK,
    CALLER_RUNS,
    CALLER_PANICS,
    NESTED,
    LAUNCHING
);

#[fire_and_forget(backend = DROP)]
fn is_dropped(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_launch_that_does_not_fit_is_dropped_and_reported() {
    let watched = watch!(is_dropped);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    is_dropped(begun.clone(), 1, gate.pass());
    assert_eq!(numbers.receive(), 1);
    is_dropped(begun.clone(), 2, gate.pass());
    is_dropped(begun, 3, gate.pass());
    let report = &watched.reports()[0];
    assert_eq!(report.class, Class::Refused(Refusal::Full));
    assert_eq!(report.thread, thread::current().id());
    gate.open();
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
    assert_eq!(numbers.so_far(), [2]);
}

#[fire_and_forget(backend = REJECT, on_full = "reject")]
fn is_rejected(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_launch_that_does_not_fit_is_given_back_and_can_be_made_again() {
    let watched = watch!(is_rejected);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    is_rejected(begun.clone(), 1, gate.pass()).unwrap();
    assert_eq!(numbers.receive(), 1);
    is_rejected(begun.clone(), 2, gate.pass()).unwrap();
    let rejected = is_rejected(begun, 3, gate.pass()).unwrap_err();
    assert_eq!(rejected.reason(), Refusal::Full);
    assert_eq!(rejected.to_string(), "launch refused: the queue is full");
    assert_eq!(format!("{rejected:?}"), "Rejected { reason: Full, .. }");
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 3, ok: 2, refused: 1));
    let (begun, number, pass) = rejected.into_args();
    is_rejected(begun, number, pass).unwrap();
    watched.check(row!(launched: 4, ok: 3, refused: 1), &[]);
    assert_eq!(numbers.so_far(), [2, 3]);
}

#[fire_and_forget(backend = BLOCK, on_full = "block")]
fn makes_its_caller_wait(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

#[test]
fn a_blocked_caller_goes_on_when_there_is_room() {
    let watched = watch!(makes_its_caller_wait);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    makes_its_caller_wait(begun.clone(), 1, gate.pass());
    assert_eq!(numbers.receive(), 1);
    makes_its_caller_wait(begun.clone(), 2, gate.pass());
    let callers: Vec<_> = (3..6)
        .map(|number| {
            let (begun, pass) = (begun.clone(), gate.pass());
            thread::spawn(move || {
                makes_its_caller_wait(begun, number, pass.clone());
                assert!(pass.is_open(), "the caller did not wait");
            })
        })
        .collect();
    watched.wait_until(|counts| counts.launched == 5);
    gate.open();
    for caller in callers {
        caller.join().unwrap();
    }
    watched.check(row!(launched: 5, ok: 5), &[]);
    assert_eq!(numbers.so_far().len(), 4);
}

#[fire_and_forget(on_full = "block", max_in_flight = 1)]
fn makes_its_caller_wait_for_a_permit(pass: Pass) {
    pass.wait();
}

#[test]
fn a_caller_blocked_by_max_in_flight_goes_on_when_a_permit_returns() {
    let watched = watch!(makes_its_caller_wait_for_a_permit);
    let gate = Gate::new();
    makes_its_caller_wait_for_a_permit(gate.pass());
    let pass = gate.pass();
    let caller = thread::spawn(move || {
        makes_its_caller_wait_for_a_permit(pass.clone());
        assert!(pass.is_open(), "the caller did not wait");
    });
    watched.wait_until(|counts| counts.launched == 2);
    gate.open();
    caller.join().unwrap();
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget(backend = CALLER_RUNS, on_full = "caller_runs")]
fn runs_in_its_caller(begun: Sender<ThreadId>, pass: Pass) {
    let _ = begun.send(thread::current().id());
    pass.wait();
}

#[test]
fn the_caller_runs_what_does_not_fit() {
    let watched = watch!(runs_in_its_caller);
    let gate = Gate::new();
    let (begun, ids) = signal();
    runs_in_its_caller(begun.clone(), gate.pass());
    let worker = ids.receive();
    runs_in_its_caller(begun.clone(), gate.pass());
    runs_in_its_caller(begun, Pass::open());
    assert_eq!(ids.receive(), thread::current().id());
    assert_eq!(watched.counts(), row!(launched: 3, ok: 1));
    gate.open();
    watched.check(row!(launched: 3, ok: 3), &[]);
    assert_eq!(ids.receive(), worker);
}

#[fire_and_forget(backend = CALLER_PANICS, on_full = "caller_runs")]
fn panics_in_its_caller(begun: Sender<()>, pass: Pass, how: &'static str) -> Result<(), String> {
    let _ = begun.send(());
    pass.wait();
    match how {
        "ok" => Ok(()),
        "panic" => panic!("deliberate"),
        _ => Err(how.into()),
    }
}

#[test]
fn a_panic_in_a_body_that_the_caller_runs_does_not_reach_the_caller() {
    let watched = watch!(panics_in_its_caller);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    panics_in_its_caller(begun.clone(), gate.pass(), "ok");
    beginnings.receive();
    panics_in_its_caller(begun.clone(), gate.pass(), "ok");
    let call = catch_unwind(|| panics_in_its_caller(begun.clone(), Pass::open(), "panic"));
    assert!(call.is_ok(), "the launcher panicked");
    panics_in_its_caller(begun, Pass::open(), "an error");
    gate.open();
    watched.check(
        row!(launched: 4, ok: 2, failed: 1, panicked: 1),
        &["panicked: deliberate", "failed: an error"],
    );
}

#[fire_and_forget(backend = NESTED, on_full = "block")]
fn blocks_in_a_worker(done: Sender<ThreadId>, depth: u32) {
    let _ = done.send(thread::current().id());
    for _ in 0..depth {
        blocks_in_a_worker(done.clone(), depth - 1);
    }
}

// Pitfall 12.
#[test]
fn block_in_a_worker_of_the_same_pool_runs_in_place() {
    let watched = watch!(blocks_in_a_worker);
    let (done, ids) = signal();
    blocks_in_a_worker(done, 4);
    // 1 + 4 + 4·3 + 4·3·2 + 4·3·2·1
    let ids = ids.receive_many(65);
    assert!(ids.iter().all(|id| *id == ids[0]), "a pool of one thread");
    watched.check(row!(launched: 65, ok: 65), &[]);
}

#[fire_and_forget(max_in_flight = LIMIT.load(Ordering::Relaxed))]
fn has_a_limit_that_changes(pass: Pass) {
    pass.wait();
}

static LIMIT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn max_in_flight_is_evaluated_at_each_launch() {
    let watched = watch!(has_a_limit_that_changes);
    let gate = Gate::new();
    has_a_limit_that_changes(gate.pass());
    assert_eq!(watched.counts(), row!(launched: 1, refused: 1));
    LIMIT.store(2, Ordering::Relaxed);
    for _ in 0..3 {
        has_a_limit_that_changes(gate.pass());
    }
    assert_eq!(watched.counts(), row!(launched: 4, refused: 2));
    LIMIT.store(usize::MAX, Ordering::Relaxed);
    has_a_limit_that_changes(gate.pass());
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 5, ok: 3, refused: 2));
}

/// Refuses while it is told to.
struct Fickle {
    refuses: AtomicBool,
}

impl Backend for Fickle {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(task);
        }
        thread::spawn(move || task.run());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "fickle"
    }
}

static FICKLE: Fickle = Fickle {
    refuses: AtomicBool::new(true),
};

#[fire_and_forget(backend = FICKLE, max_in_flight = 2)]
fn is_refused_by_its_backend(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = FICKLE, max_in_flight = 1, on_full = "reject")]
fn is_given_back_by_its_backend(number: u32) {
    assert_eq!(number, 10);
}

// Pitfall 11: a permit that was taken before the backend refused.
#[test]
fn a_permit_returns_when_the_backend_refuses() {
    let watched = watch!(is_refused_by_its_backend);
    let rejecting = watch!(is_given_back_by_its_backend);
    for number in 0..10 {
        is_refused_by_its_backend(Pass::open());
        let rejected = is_given_back_by_its_backend(number).unwrap_err();
        assert_eq!(rejected.reason(), Refusal::Full);
        assert_eq!(rejected.into_args(), (number,));
    }
    watched.check(
        row!(launched: 10, refused: 10),
        &["was refused: the queue is full"; 10],
    );
    FICKLE.refuses.store(false, Ordering::SeqCst);
    let gate = Gate::new();
    for _ in 0..3 {
        is_refused_by_its_backend(gate.pass());
    }
    assert_eq!(watched.counts(), row!(launched: 13, refused: 11));
    gate.open();
    assert_eq!(watched.quiet(), row!(launched: 13, ok: 2, refused: 11));
    is_given_back_by_its_backend(10).unwrap();
    rejecting.check(row!(launched: 11, ok: 1, refused: 10), &[]);
}

#[fire_and_forget(backend = LAUNCHING)]
fn owns_a_launching_argument(begun: Sender<()>, pass: Pass, argument: Option<LaunchesWhenDropped>) {
    let _ = begun.send(());
    pass.wait();
    drop(argument);
}

#[derive(Debug)]
struct LaunchesWhenDropped(Sender<()>);

impl Drop for LaunchesWhenDropped {
    fn drop(&mut self) {
        is_launched_by_a_destructor(self.0.clone());
    }
}

#[fire_and_forget]
fn is_launched_by_a_destructor(done: Sender<()>) {
    let _ = done.send(());
}

// Pitfall 14.
#[test]
fn a_destructor_of_a_refused_argument_may_launch() {
    let watched = watch!(owns_a_launching_argument);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    let (done, ends) = signal();
    owns_a_launching_argument(begun.clone(), gate.pass(), None);
    beginnings.receive();
    owns_a_launching_argument(
        begun.clone(),
        gate.pass(),
        Some(LaunchesWhenDropped(done.clone())),
    );
    owns_a_launching_argument(begun, gate.pass(), Some(LaunchesWhenDropped(done)));
    ends.receive();
    assert_eq!(watched.counts(), row!(launched: 3, refused: 1));
    gate.open();
    ends.receive();
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
}

static FEW_THREADS: Threads = Threads::new("few").max_threads(1).queue(2);

#[fire_and_forget(backend = FEW_THREADS)]
fn is_refused_by_threads(begun: Sender<()>, pass: Pass, argument: Option<PanicsWhenDropped>) {
    let _ = begun.send(());
    pass.wait();
    drop(argument);
}

// Pitfall 17.
#[test]
fn a_full_queue_of_threads_refuses_and_drops_its_arguments_safely() {
    let watched = watch!(is_refused_by_threads);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    is_refused_by_threads(begun.clone(), gate.pass(), None);
    beginnings.receive();
    for _ in 0..2 {
        is_refused_by_threads(begun.clone(), gate.pass(), None);
    }
    is_refused_by_threads(begun, gate.pass(), Some(PanicsWhenDropped));
    gate.open();
    watched.check(
        row!(launched: 4, ok: 3, refused: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was refused: the queue is full",
        ],
    );
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
