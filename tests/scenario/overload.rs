//! More than there is room for: callers that wait for each other's pools, and memory under a stuck pool.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};

use fire_and_forget::{Pool, fire_and_forget, flush};

use crate::{PATIENCE, counts, receive};

crate::scenarios!(
    pools_that_feed_each_other,
    block_in_a_worker_runs_in_place,
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_pool,
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_pool_that_evicts,
    #[cfg(target_os = "linux")]
    memory_stays_flat_under_a_stuck_runtime,
);

static A: Pool = Pool::new("a").threads(1).queue(1);
static B: Pool = Pool::new("b").threads(1).queue(1);
static C: Pool = Pool::new("c").threads(1).queue(1);

#[fire_and_forget(backend = A, on_full = "block")]
fn on_a(left: u32) {
    for _ in 0..left {
        on_b(left - 1);
    }
}

#[fire_and_forget(backend = B, on_full = "block")]
fn on_b(left: u32) {
    for _ in 0..left {
        on_c(left - 1);
    }
}

#[fire_and_forget(backend = C, on_full = "block", max_in_flight = 1)]
fn on_c(left: u32) {
    for _ in 0..left {
        on_a(left - 1);
    }
}

/// Pitfall 12: each pool is full of launches that wait for room in the next.
fn pools_that_feed_each_other() {
    let callers: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(|| {
                on_a(5);
                on_b(5);
                on_c(5);
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    flush(PATIENCE).wait().unwrap();
    // A tree of depth 5: 1 + 5 + 5·4 + 5·4·3 + 5·4·3·2 + 5·4·3·2·1, nine times.
    let total = fire_and_forget::ledger().total();
    assert_eq!((total.launched, total.ok), (9 * 326, 9 * 326));
}

static SINGLE: Pool = Pool::new("single").threads(1).queue(1);

#[fire_and_forget(backend = SINGLE, on_full = "block")]
fn outer(ids: Sender<(&'static str, ThreadId)>) {
    let say = |what| {
        let _ = ids.send((what, thread::current().id()));
    };
    inner(ids.clone(), "queued");
    inner(ids.clone(), "in place");
    say("outer");
}

#[fire_and_forget(backend = SINGLE, on_full = "block")]
fn inner(ids: Sender<(&'static str, ThreadId)>, what: &'static str) {
    let _ = ids.send((what, thread::current().id()));
}

/// Pitfall 12.
fn block_in_a_worker_runs_in_place() {
    let (ids, received) = channel();
    outer(ids);
    let ended = [receive(&received), receive(&received), receive(&received)];
    for (what, id) in ended {
        assert_eq!(id, ended[0].1);
        println!("{what}");
    }
}

#[cfg(target_os = "linux")]
use linux::{
    memory_stays_flat_under_a_pool_that_evicts, memory_stays_flat_under_a_stuck_pool,
    memory_stays_flat_under_a_stuck_runtime,
};

#[cfg(target_os = "linux")]
mod linux {
    //! How much memory Linux says that the process uses.

    use fire_and_forget::{Observer, Report, set_observer};

    use super::{Pool, Receiver, Sender, channel, counts, fire_and_forget, flush, receive};
    use crate::{PATIENCE, gate, pass};

    const LAUNCHES: u64 = 1_000_000;

    static STUCK: Pool = Pool::new("stuck").threads(1).queue(1024);
    static LATEST: Pool = Pool::new("latest").threads(1).queue(1024).drop_oldest();

    #[fire_and_forget(backend = STUCK)]
    fn gets_stuck(begun: Sender<()>, closed: Receiver<()>) {
        let _ = begun.send(());
        pass(&closed);
    }

    #[fire_and_forget(backend = STUCK)]
    fn waits_behind(_data: Vec<u8>) {}

    #[fire_and_forget(backend = LATEST)]
    fn gets_stuck_with_the_latest(begun: Sender<()>, closed: Receiver<()>) {
        let _ = begun.send(());
        pass(&closed);
    }

    #[fire_and_forget(backend = LATEST)]
    fn is_evicted(_data: Vec<u8>) {}

    #[fire_and_forget]
    async fn is_pending(_data: Vec<u8>) {
        std::future::pending::<()>().await;
    }

    struct Silent;

    impl Observer for Silent {
        fn report(&self, _: &Report<'_>) {}
    }

    /// Pitfall 10.
    pub(super) fn memory_stays_flat_under_a_stuck_pool() {
        set_observer(Silent).unwrap();
        let (open, closed) = gate();
        let (begun, beginnings) = channel();
        gets_stuck(begun, closed);
        receive(&beginnings);
        expect_flat_memory(|| waits_behind(vec![0; 1000]));
        drop(open);
        flush(PATIENCE).wait().unwrap();
        let all = LAUNCHES + WARM_UP;
        assert_eq!(
            counts("overload::linux::waits_behind"),
            [all, 1024, 0, 0, 0, all - 1024]
        );
    }

    pub(super) fn memory_stays_flat_under_a_pool_that_evicts() {
        set_observer(Silent).unwrap();
        let (open, closed) = gate();
        let (begun, beginnings) = channel();
        gets_stuck_with_the_latest(begun, closed);
        receive(&beginnings);
        expect_flat_memory(|| is_evicted(vec![0; 1000]));
        drop(open);
        flush(PATIENCE).wait().unwrap();
        let all = LAUNCHES + WARM_UP;
        assert_eq!(
            counts("overload::linux::is_evicted"),
            [all, 1024, 0, 0, all - 1024, 0]
        );
    }

    pub(super) fn memory_stays_flat_under_a_stuck_runtime() {
        set_observer(Silent).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let entered = runtime.enter();
        expect_flat_memory(|| is_pending(vec![0; 1000]));
        drop(entered);
        drop(runtime);
        let all = LAUNCHES + WARM_UP;
        assert_eq!(
            counts("overload::linux::is_pending"),
            [all, 0, 0, 0, 16_384, all - 16_384]
        );
    }

    /// Fills the queue first.
    const WARM_UP: u64 = 20_000;

    fn expect_flat_memory(launch: impl Fn()) {
        for _ in 0..WARM_UP {
            launch();
        }
        let before = resident_kib();
        for _ in 0..LAUNCHES {
            launch();
        }
        let after = resident_kib();
        // A million arguments would be a gigabyte.
        assert!(
            after < before + 8 * 1024,
            "from {before} KiB to {after} KiB"
        );
    }

    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap()
    }
}
