//! Launches one by one, with random gaps: each has to wake a worker.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fire_and_forget::{Pool, fire_and_forget};
use waiting::wait_until;

use crate::recorder::{Watched, row, watch};

/// Pools whose threads look at the queue when they are woken, and else never: a thread that retires looks once more,
/// and would make up for a wake-up that was lost. Where there is a single thread, no other one can do so, either.
static TWO: Pool = Pool::new("two").threads(2).keep_alive(Duration::MAX);
static ONE: Pool = Pool::new("one").threads(1).keep_alive(Duration::MAX);
static RETIRING: Pool = Pool::new("retiring").threads(1).keep_alive(Duration::ZERO);

#[fire_and_forget(backend = TWO)]
fn runs_on_one_of_two(ran: &'static AtomicU64) {
    ran.fetch_add(1, Ordering::Release);
}

#[fire_and_forget(backend = ONE)]
fn runs_on_the_only_one(ran: &'static AtomicU64) {
    ran.fetch_add(1, Ordering::Release);
}

#[fire_and_forget(backend = RETIRING)]
fn runs_on_one_that_retires(ran: &'static AtomicU64) {
    ran.fetch_add(1, Ordering::Release);
}

// Pitfall 13.
#[test]
fn a_hundred_thousand_single_launches_run_on_two_threads() {
    check(watch!(runs_on_one_of_two), 100_000, runs_on_one_of_two);
}

// Pitfall 13.
#[test]
fn a_hundred_thousand_single_launches_run_on_one_thread() {
    check(watch!(runs_on_the_only_one), 100_000, runs_on_the_only_one);
}

// Pitfall 13: the launch meets a thread on its way out.
#[test]
fn single_launches_run_on_a_thread_that_retires_at_once() {
    check(
        watch!(runs_on_one_that_retires),
        20_000,
        runs_on_one_that_retires,
    );
}

/// Each launch meets a worker that is about to sleep, asleep, or being woken. A lost wake-up would leave it in the
/// queue, because the next launch comes only after this one has run.
#[track_caller]
fn check(watched: Watched, launches: u64, launch: fn(&'static AtomicU64)) {
    let ran: &'static AtomicU64 = Box::leak(Box::default());
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for number in 1..=launches {
        launch(ran);
        wait_until(format_args!("launch {number} sits in the queue"), || {
            ran.load(Ordering::Acquire) >= number
        });
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let gap = Duration::from_nanos(random % 60_000);
        let ended = Instant::now();
        while ended.elapsed() < gap {
            std::hint::spin_loop();
        }
    }
    watched.check(row!(launched: launches, ok: launches), &[]);
}
