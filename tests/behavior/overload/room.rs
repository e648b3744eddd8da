//! What is room: places in the queue, and threads that are idle or may still be created.

use std::sync::mpsc::Sender;
use std::thread;

use fire_and_forget::{Loss, Pool, Refusal, Threads, fire_and_forget};
use waiting::{Gate, Pass, signal};

use crate::recorder::{Class, row, watch};

/// For each backend: a function on it, and how many launches it takes before one is refused.
macro_rules! takes {
    ($($test:ident: $backend:ident = $value:expr => $most:expr, $launch:ident, $type:ty;)*) => { $(
        static $backend: $type = $value;

        #[fire_and_forget(backend = $backend, on_full = "reject")]
        fn $launch(pass: Pass) {
            pass.wait();
        }

        #[test]
        fn $test() {
            let watched = watch!($launch);
            let most: u64 = $most;
            let gate = Gate::new();
            for number in 1..=most {
                assert!($launch(gate.pass()).is_ok(), "number {number}");
            }
            let rejected = $launch(gate.pass()).unwrap_err();
            assert_eq!(rejected.reason(), Refusal::Full);
            gate.open();
            assert_eq!(
                watched.quiet(),
                row!(launched: most + 1, ok: most, refused: 1)
            );
        }
    )* };
}

takes! {
    a_pool_takes_a_launch_for_each_thread_and_each_place:
        WIDE = Pool::new("wide").threads(8).queue(1) => 9, goes_wide, Pool;
    a_pool_without_a_queue_hands_over:
        HANDS_OVER = Pool::new("hands-over").threads(3).queue(0) => 3, is_handed_over, Pool;
    a_pool_of_as_many_threads_as_the_machine_has_takes_one_for_each:
        MACHINE = Pool::new("machine").queue(2) => threads_of_the_machine() + 2, fills_the_machine, Pool;
    threads_take_a_launch_for_each_and_each_place:
        FEW = Threads::new("few").max_threads(4).queue(1) => 5, fills_the_threads, Threads;
    threads_without_a_queue_hand_over:
        NO_QUEUE = Threads::new("no-queue").max_threads(2).queue(0) => 2, has_no_queue, Threads;
}

static IDLE: Pool = Pool::new("idle").threads(4).queue(1);

#[fire_and_forget(backend = IDLE, on_full = "reject")]
fn finds_idle_threads(pass: Pass) {
    pass.wait();
}

#[test]
fn threads_that_are_idle_again_are_room_again() {
    let watched = watch!(finds_idle_threads);
    for round in 1..=3 {
        let gate = Gate::new();
        for number in 1..=5 {
            let taken = finds_idle_threads(gate.pass());
            assert!(taken.is_ok(), "number {number} in round {round}");
        }
        assert!(finds_idle_threads(gate.pass()).is_err());
        gate.open();
        IDLE.flush(waiting::PATIENCE).wait().unwrap();
        assert_eq!(
            watched.quiet(),
            row!(launched: 6 * round, ok: 5 * round, refused: round)
        );
    }
}

fn threads_of_the_machine() -> u64 {
    thread::available_parallelism().map_or(4, |threads| threads.get().clamp(4, 512)) as u64
}

static EVICTING: Pool = Pool::new("evicting").threads(3).queue(2).drop_oldest();

#[fire_and_forget(backend = EVICTING)]
fn gives_way(done: Sender<u32>, number: u32, pass: Pass) {
    pass.wait();
    let _ = done.send(number);
}

#[test]
fn a_pool_evicts_only_when_no_thread_is_idle() {
    let watched = watch!(gives_way);
    let gate = Gate::new();
    let (done, numbers) = signal();
    for number in 0..5 {
        gives_way(done.clone(), number, gate.pass());
    }
    gate.reached_by(3);
    assert_eq!(watched.counts(), row!(launched: 5));
    for number in 5..7 {
        gives_way(done.clone(), number, gate.pass());
    }
    watched.wait_until(|counts| counts.lost == 2);
    gate.open();
    let mut ran = numbers.receive_many(5);
    ran.sort_unstable();
    assert_eq!(ran, [0, 1, 2, 5, 6]);
    watched.check(
        row!(launched: 7, ok: 5, lost: 2),
        &["was lost: a newer launch took its place in the full queue"; 2],
    );
    for report in watched.reports() {
        assert_eq!(report.class, Class::Lost(Loss::Evicted));
    }
}

static ONE_BY_ONE: Pool = Pool::new("one-by-one").threads(1).queue(0);

#[fire_and_forget(backend = ONE_BY_ONE, on_full = "block")]
fn waits_for_the_thread(done: Sender<()>, pass: Pass) {
    pass.wait();
    let _ = done.send(());
}

#[test]
fn a_caller_that_waits_is_let_in_when_the_thread_becomes_idle() {
    let watched = watch!(waits_for_the_thread);
    let gate = Gate::new();
    let (done, ends) = signal();
    waits_for_the_thread(done.clone(), gate.pass());
    gate.reached_by(1);
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (done, pass) = (done.clone(), gate.pass());
            thread::spawn(move || waits_for_the_thread(done, pass))
        })
        .collect();
    watched.wait_until(|counts| counts.launched == 4);
    gate.open();
    ends.receive_many(4);
    for caller in callers {
        caller.join().unwrap();
    }
    watched.check(row!(launched: 4, ok: 4), &[]);
}
