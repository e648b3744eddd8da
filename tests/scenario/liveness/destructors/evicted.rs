//! Evicted arguments that take long to be dropped, or evict others.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, in_time, signal, silence_reports};

use super::LATEST;
use crate::{counts, named};

crate::scenarios!(
    evicted_arguments_that_take_long,
    evicted_arguments_that_evict_while_one_is_stuck,
);

/// Takes its time to be dropped, and counts that.
struct Slow;

static SLOW_DROPS: AtomicU32 = AtomicU32::new(0);

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(20));
        SLOW_DROPS.fetch_add(1, Ordering::SeqCst);
    }
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted_slowly(pass: Pass, argument: Option<Slow>) {
    pass.wait();
    std::mem::forget(argument);
}

#[fire_and_forget(backend = "thread")]
fn sees_slow_drops(drops: Sender<u32>) {
    let _ = drops.send(SLOW_DROPS.load(Ordering::SeqCst));
}

/// The thread that drops them has other things to do in between.
fn evicted_arguments_that_take_long() {
    silence_reports();
    let gate = Gate::holding(|pass| is_evicted_slowly(pass, None));
    for _ in 0..100 {
        is_evicted_slowly(Pass::open(), Some(Slow));
    }
    let (told, drops) = signal();
    sees_slow_drops(told);
    let drops = drops.receive();
    assert!(drops < 99, "the thread came after {drops} of 99");
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(SLOW_DROPS.load(Ordering::SeqCst), 99);
    assert_eq!(counts(named!(is_evicted_slowly)), [101, 2, 0, 0, 99, 0]);
}

static CROWDED: Pool = Pool::new("crowded").threads(1).drop_oldest();

/// Waits, or launches one more, when it is dropped.
enum WhenDropped {
    Waits(Pass),
    Launches,
}

impl Drop for WhenDropped {
    fn drop(&mut self) {
        match self {
            Self::Waits(pass) => pass.wait(),
            Self::Launches => is_crowded_out(None),
        }
    }
}

#[fire_and_forget(backend = CROWDED)]
fn is_crowded_out(_argument: Option<WhenDropped>) {}

#[fire_and_forget(backend = CROWDED)]
fn occupies_crowded(pass: Pass) {
    pass.wait();
}

/// The thread that drops them is stuck, so the caller does; and each evicts the next.
fn evicted_arguments_that_evict_while_one_is_stuck() {
    silence_reports();
    let gate = Gate::holding(occupies_crowded);
    let stuck = Gate::new();
    is_crowded_out(Some(WhenDropped::Waits(stuck.pass())));
    // The queue holds 16,384, and 1,024 may wait to be dropped.
    let launches = 2 * 16_384;
    in_time("the caller's stack is large enough", move || {
        for _ in 0..launches {
            is_crowded_out(Some(WhenDropped::Launches));
        }
    });
    stuck.reached_by(1);
    stuck.open();
    gate.open();
    flush(PATIENCE).wait().unwrap();
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.launched, total.ok + total.lost);
    // Itself, the one that is stuck, what was launched here, and one for each of these.
    assert_eq!(total.launched, 2 + 2 * launches);
}
