//! Memory under more launches than there is room for, as Linux tells it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fire_and_forget::{Backend, Pool, Task, Threads, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, silence_reports, wait_until};

use crate::{counts, named};

crate::scenarios!(
    memory_stays_flat_under_a_stuck_pool,
    memory_stays_flat_under_a_pool_that_evicts,
    memory_stays_flat_under_a_stuck_runtime,
    memory_stays_flat_while_runtimes_come_and_go,
    idle_pools_take_hardly_any_memory,
    idle_pools_whose_threads_stay_give_their_memory_back,
    idle_threads_give_their_memory_back,
    what_was_touched_ahead_is_given_back,
);

static STUCK: Pool = Pool::new("stuck").threads(1).queue(1024);
static LATEST: Pool = Pool::new("latest").threads(1).queue(1024).drop_oldest();

#[fire_and_forget(backend = STUCK)]
fn gets_stuck(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = STUCK)]
fn waits_behind(_data: Vec<u8>) {}

#[fire_and_forget(backend = LATEST)]
fn gets_stuck_with_the_latest(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted(_data: Vec<u8>) {}

#[fire_and_forget]
async fn is_pending(_data: Vec<u8>) {
    std::future::pending::<()>().await;
}

/// Pitfall 10.
fn memory_stays_flat_under_a_stuck_pool() {
    silence_reports();
    let gate = Gate::holding(gets_stuck);
    let all = expect_flat_memory(waits_behind);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts(named!(waits_behind)),
        [all, 1024, 0, 0, 0, all - 1024]
    );
}

fn memory_stays_flat_under_a_pool_that_evicts() {
    silence_reports();
    let gate = Gate::holding(gets_stuck_with_the_latest);
    let all = expect_flat_memory(is_evicted);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(is_evicted)), [all, 1024, 0, 0, all - 1024, 0]);
}

fn memory_stays_flat_under_a_stuck_runtime() {
    silence_reports();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let entered = runtime.enter();
    let all = expect_flat_memory(is_pending);
    drop(entered);
    drop(runtime);
    assert_eq!(
        counts(named!(is_pending)),
        [all, 0, 0, 0, 16_384, all - 16_384]
    );
}

#[fire_and_forget]
async fn is_on_a_runtime_that_goes(_data: Vec<u8>) {}

fn memory_stays_flat_while_runtimes_come_and_go() {
    let launch_on_new_ones = |runtimes: usize| {
        for _ in 0..runtimes {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .build()
                .unwrap();
            runtime
                .block_on(async { (0..100).for_each(|_| is_on_a_runtime_that_goes(Vec::new())) });
            drop(runtime);
        }
        resident_kib()
    };
    silence_reports();
    let before = launch_on_new_ones(50);
    let after = launch_on_new_ones(300);
    // Where each kept what it has used of its 128 KiB, that would be 4 MiB.
    assert!(after < before + 1024, "from {before} KiB to {after} KiB");
}

/// Fills the queue first. Returns how often it has launched.
fn expect_flat_memory(launch: fn(Vec<u8>)) -> u64 {
    const WARM_UP: u64 = 20_000;
    const LAUNCHES: u64 = 1_000_000;
    for _ in 0..WARM_UP {
        launch(vec![0; 1000]);
    }
    let before = resident_kib();
    for _ in 0..LAUNCHES {
        launch(vec![0; 1000]);
    }
    let after = resident_kib();
    // A million arguments would be a gigabyte.
    assert!(
        after < before + 8 * 1024,
        "from {before} KiB to {after} KiB"
    );
    WARM_UP + LAUNCHES
}

static MANY: [Pool; 40] = [const { Pool::new("many").keep_alive(Duration::ZERO) }; 40];

/// The current one of them.
struct OneOfMany;

static ONE_OF_MANY: OneOfMany = OneOfMany;
static CURRENT: AtomicUsize = AtomicUsize::new(0);

impl Backend for OneOfMany {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        MANY[CURRENT.load(Ordering::Relaxed)].submit(task)
    }

    fn name(&self) -> &'static str {
        "one of many"
    }
}

#[fire_and_forget(backend = ONE_OF_MANY)]
fn is_on_one_of_many(pass: Pass) {
    pass.wait();
}

/// Of default size, once their threads have retired, after 4,000 launches each, of which a hundred at most waited at once, and
/// after a burst that filled the queue.
fn idle_pools_take_hardly_any_memory() {
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let use_up = |pool: usize| {
        CURRENT.store(pool, Ordering::Relaxed);
        let burst = |launches: usize| {
            let gate = Gate::holding(is_on_one_of_many);
            for _ in 1..launches {
                is_on_one_of_many(gate.pass());
            }
            gate.open();
            MANY[pool].flush(PATIENCE).wait().unwrap();
        };
        (0..40).for_each(|_| burst(100));
        burst(16_000);
        wait_until("its threads retire", || threads() == 2);
    };
    use_up(0);
    let before = resident_kib();
    (1..MANY.len()).for_each(use_up);
    let each = (resident_kib() - before) / (MANY.len() as u64 - 1);
    assert!(each <= 64, "{each} KiB for each pool");
}

static WITH_THREADS_THAT_STAY: [Pool; 20] =
    [const { Pool::new("stays").threads(1).keep_alive(Duration::MAX) }; 20];

fn idle_pools_whose_threads_stay_give_their_memory_back() {
    // A thread has touched some of its stack, more so where nothing is optimized.
    expect_memory_back(
        64 + 16,
        &WITH_THREADS_THAT_STAY.each_ref().map(|pool| pool as _),
    );
}

/// Few: each burst creates 16,000 threads, one after the other.
static ONE_AT_A_TIME: [Threads; 5] = [const { Threads::new("one at a time").max_threads(1) }; 5];

fn idle_threads_give_their_memory_back() {
    expect_memory_back(64, &ONE_AT_A_TIME.each_ref().map(|threads| threads as _));
}

/// The backend that is launched on.
struct Current;

static ON_CURRENT: Current = Current;
static ALL: Mutex<Option<&'static dyn Backend>> = Mutex::new(None);

impl Backend for Current {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        let current = *ALL.lock().unwrap();
        current.expect("one was set").submit(task)
    }

    fn name(&self) -> &'static str {
        "the current one"
    }
}

#[fire_and_forget(backend = ON_CURRENT)]
fn is_on_the_current_one(pass: Pass) {
    pass.wait();
}

/// After bursts that filled their queues, of 2 MiB each, at most so many KiB of each stay.
fn expect_memory_back(most: u64, backends: &[&'static dyn Backend]) {
    let use_up = |backend: &'static dyn Backend| {
        *ALL.lock().unwrap() = Some(backend);
        let gate = Gate::holding(is_on_the_current_one);
        for _ in 1..16_000 {
            is_on_the_current_one(gate.pass());
        }
        gate.open();
        flush(PATIENCE).wait().unwrap();
    };
    // What there is once for all of them.
    use_up(&MANY[0]);
    let before = resident_kib();
    backends.iter().copied().for_each(use_up);
    wait_until("the memory is given back", || {
        resident_kib() <= before + most * backends.len() as u64
    });
}

/// So large that a few thousand launches do not make it begin anew at the front.
static LARGE: Pool = Pool::new("large")
    .threads(1)
    .queue(1 << 20)
    .keep_alive(Duration::ZERO);

/// A worker touches 40 KiB ahead of the last launch before it retires; each burst ends 20 KiB or more before the last one did.
fn what_was_touched_ahead_is_given_back() {
    *ALL.lock().unwrap() = Some(&LARGE);
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let burst = |launches: usize| {
        let gate = Gate::holding(is_on_the_current_one);
        for _ in 1..launches {
            is_on_the_current_one(gate.pass());
        }
        gate.open();
        LARGE.flush(PATIENCE).wait().unwrap();
        wait_until("its thread retires", || threads() == 2);
    };
    burst(4000);
    let before = resident_kib_of_the_large_queue();
    (5..25).rev().for_each(|depth| burst(depth * 160));
    let after = resident_kib_of_the_large_queue();
    // Pages are whole, and so one more or less; each of the twenty bursts touches at least five.
    assert!(after < before + 20, "from {before} KiB to {after} KiB");
}

/// Nothing else is as large.
fn resident_kib_of_the_large_queue() -> u64 {
    let mappings = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let sizes = |name| {
        mappings.lines().filter_map(move |line| {
            let size = line.strip_prefix(name)?.split_whitespace().next()?;
            size.parse::<u64>().ok()
        })
    };
    let (_, resident) = sizes("Size:").zip(sizes("Rss:")).max().unwrap();
    resident
}

/// Without the pages of files: the code that runs for the first time is there, too.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap()
}
