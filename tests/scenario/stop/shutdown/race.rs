//! A shutdown among threads that launch.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use fire_and_forget::{
    Observer, Pool, Report, Threads, fire_and_forget, flush, set_observer, shutdown,
};
use waiting::backends::FORGETFUL;
use waiting::{PATIENCE, begin, wait_until};

use super::bodies::{POOL, THREADS};
use super::counted::{Counted, DROPS};
use crate::{counts, named};

crate::scenarios!(
    shutdown_races_with_launches,
    deadline_races_with_launches,
    shutdowns_and_flushes_race_with_a_burst,
);

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
    let children = counts(named!(may_evict_itself))[1];
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

/// A launch that waits here is one thread more to be created before the end.
static FEW: Threads = Threads::new("few").max_threads(4).queue(64);

static BODIES: AtomicU32 = AtomicU32::new(0);

macro_rules! counted_bodies {
    ($($function:ident: $backend:tt $([$keyword:tt])+;)*) => {
        $(
            #[fire_and_forget(backend = $backend)]
            $($keyword)+ $function(_argument: Counted) {
                BODIES.fetch_add(1, Ordering::SeqCst);
            }
        )*

        const COUNTED_BODIES: &[fn(Counted)] = &[$($function),*];
    };
}

counted_bodies! {
    runs_on_built_in_pool: "pool" [fn];
    runs_on_pool: POOL [fn];
    runs_on_pool_async: POOL [async] [fn];
    runs_on_thread: "thread" [fn];
    runs_on_threads: FEW [fn];
    runs_on_tokio_worker: "tokio" [fn];
    runs_on_tokio: "tokio" [async] [fn];
}

/// Eight threads launch, four shut down at the same time, and three flush over and over: every wait ends well, and the
/// ledger agrees with what callers and bodies have counted.
fn shutdowns_and_flushes_race_with_a_burst() {
    set_observer(Counting).unwrap();
    let callers = [(); 8].map(|()| begin(launch_counted_until_refused));
    wait_until("some have been launched", || {
        CALLS.load(Ordering::SeqCst) > 1000
    });
    let flushes = [(); 3].map(|()| {
        begin(|| {
            while !IS_REFUSED.load(Ordering::SeqCst) {
                // While launches keep coming there may be no moment of quiet.
                let _ = flush(Duration::from_millis(5)).wait();
            }
            flush(PATIENCE).wait()
        })
    });
    let shutdowns = [(); 4].map(|()| begin(|| shutdown(PATIENCE).wait()));
    for ending in shutdowns.into_iter().chain(flushes) {
        ending.end("a wait ends").unwrap();
    }
    for caller in callers {
        caller.end("a caller is refused");
    }
    let total = fire_and_forget::ledger().total();
    let load = |counter: &AtomicU32| u64::from(counter.load(Ordering::SeqCst));
    assert_eq!(total.launched, load(&CALLS));
    assert_eq!(total.ok, load(&BODIES));
    assert_eq!(
        total.lost + total.refused,
        load(&REPORTS) + load(&GIVEN_BACK)
    );
    assert_eq!(total.ok + total.lost + total.refused, total.launched);
    assert_eq!(load(&DROPS), total.launched);
}

/// Never full: it gives arguments back only because of the shutdown.
#[fire_and_forget(backend = FORGETFUL, on_full = "reject")]
fn is_dropped_or_refused(_argument: Counted) {}

static IS_REFUSED: AtomicBool = AtomicBool::new(false);

fn launch_counted_until_refused() {
    while !IS_REFUSED.load(Ordering::SeqCst) {
        for launch in COUNTED_BODIES {
            CALLS.fetch_add(1, Ordering::SeqCst);
            launch(Counted);
        }
        CALLS.fetch_add(1, Ordering::SeqCst);
        if is_dropped_or_refused(Counted).is_err() {
            GIVEN_BACK.fetch_add(1, Ordering::SeqCst);
            IS_REFUSED.store(true, Ordering::SeqCst);
        }
    }
}
