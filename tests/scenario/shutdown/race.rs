//! A shutdown among threads that launch.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fire_and_forget::{Observer, Pool, Report, fire_and_forget, set_observer, shutdown};
use waiting::{PATIENCE, begin, wait_until};

use super::bodies::{POOL, THREADS};
use super::counted::{Counted, DROPS};
use crate::counts;

crate::scenarios!(shutdown_races_with_launches, deadline_races_with_launches,);

static LATEST: Pool = Pool::new("latest").threads(1).queue(4).drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn may_be_evicted(_argument: Counted) {}

#[fire_and_forget(backend = LATEST, on_full = "reject")]
fn may_evict_itself(_argument: Counted, again: bool) {
    if again {
        may_be_evicted(Counted);
    }
}

#[fire_and_forget(backend = POOL, on_full = "block")]
fn may_block(_argument: Counted) {}

#[fire_and_forget(backend = THREADS)]
async fn may_wait_for_a_thread(_argument: Counted) {}

#[fire_and_forget]
async fn may_be_dropped(_argument: Counted) {
    tokio::task::yield_now().await;
}

/// Counts the reports that it sees.
struct Counting;

static REPORTS: AtomicU32 = AtomicU32::new(0);

impl Observer for Counting {
    fn report(&self, _: &Report<'_>) {
        REPORTS.fetch_add(1, Ordering::SeqCst);
    }
}

/// Launches from several threads until all is refused, with the shutdown in the midst of it. Every call ends in one
/// class, is reported unless it went well or was given back, and drops its argument once.
fn race(timeout: Duration) {
    set_observer(Counting).unwrap();
    let callers = [(); 3].map(|()| begin(launch_until_refused));
    wait_until("some have been launched", || {
        CALLS.load(Ordering::SeqCst) > 500
    });
    let result = shutdown(timeout).wait();
    assert!(result.is_ok() || timeout.is_zero(), "{result:?}");
    for caller in callers {
        caller.end("a caller is refused");
    }
    wait_until("every launch has ended", || {
        fire_and_forget::ledger().total().in_flight() == 0
    });
    let total = fire_and_forget::ledger().total();
    let children = counts("shutdown::race::may_evict_itself")[1];
    let load = |counter: &AtomicU32| u64::from(counter.load(Ordering::SeqCst));
    assert_eq!(total.launched, load(&CALLS) + children);
    assert_eq!(total.ok + total.lost + total.refused, total.launched);
    assert_eq!(
        total.lost + total.refused,
        load(&REPORTS) + load(&GIVEN_BACK)
    );
    assert_eq!(load(&DROPS), total.launched);
    assert!(total.refused >= 3 * 5 * 19, "{total:?}");
}

static CALLS: AtomicU32 = AtomicU32::new(0);
static GIVEN_BACK: AtomicU32 = AtomicU32::new(0);

fn launch_until_refused() {
    let mut after_the_end = 0;
    while after_the_end < 20 {
        may_be_evicted(Counted);
        may_block(Counted);
        may_wait_for_a_thread(Counted);
        may_be_dropped(Counted);
        // A pool that evicts is never full: it gives arguments back only because of the shutdown.
        if may_evict_itself(Counted, true).is_err() {
            GIVEN_BACK.fetch_add(1, Ordering::SeqCst);
            after_the_end += 1;
        }
        CALLS.fetch_add(5, Ordering::SeqCst);
    }
}

/// Pitfalls 6, 7 and 20.
fn shutdown_races_with_launches() {
    race(PATIENCE);
}

fn deadline_races_with_launches() {
    race(Duration::ZERO);
}
