//! Which threads exist when nothing goes on, and that they sleep, as Linux tells it.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread::sleep;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, flush, ledger, shutdown, shutdown_on_drop};
use waiting::{Gate, PATIENCE, Pass, begin, signal, wait_until};

use crate::{counts, named};

crate::scenarios!(
    nothing_launched_no_thread,
    idle_threads_retire_and_use_no_time,
    waiting_threads_use_no_time,
    sparse_launches_are_cheap,
    callers_that_wait_for_room_use_no_time,
);

fn nothing_launched_no_thread() {
    let guard = shutdown_on_drop(PATIENCE);
    QUIET.flush(PATIENCE).wait().unwrap();
    flush(PATIENCE).wait().unwrap();
    assert!(ledger().entries().is_empty());
    println!("{}", threads().len());
    shutdown(PATIENCE).wait().unwrap();
    drop(guard);
    println!("{}", threads().len());
}

static QUIET: Pool = Pool::new("quiet");
static BRIEF: Pool = Pool::new("brief")
    .threads(4)
    .keep_alive(Duration::from_millis(20));
static FULL: Pool = Pool::new("full").threads(1).queue(1);
static LASTING: Pool = Pool::new("lasting").threads(4);

#[fire_and_forget(backend = BRIEF)]
fn meets_briefly(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = "thread")]
fn has_a_thread() {}

#[fire_and_forget(backend = LASTING)]
fn meets_and_leaves_its_thread(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = LASTING)]
fn is_sparse(done: Sender<()>) {
    let _ = done.send(());
}

/// Pitfall 19: after a while only the service thread is left.
fn idle_threads_retire_and_use_no_time() {
    let gate = Gate::new();
    for _ in 0..4 {
        meets_briefly(gate.pass());
        has_a_thread();
    }
    gate.reached_by(4);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    wait_until("the threads retire", || threads().len() == 2);
    let mut names: Vec<_> = threads().iter().map(Thread::name).collect();
    names.retain(|name| name == "fire-and-forget");
    println!("{}", names.join(" "));
    expect_no_work();
}

/// Pitfall 19: also before their time is over, idle workers sleep.
fn waiting_threads_use_no_time() {
    let gate = Gate::new();
    for _ in 0..4 {
        meets_and_leaves_its_thread(gate.pass());
    }
    gate.reached_by(4);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(threads().len(), 6);
    expect_no_work();
}

/// Pitfall 19: a sparse launch wakes one worker, and costs it a handful of sleeps at most.
fn sparse_launches_are_cheap() {
    let (done, ends) = signal();
    is_sparse(done.clone());
    ends.receive();
    flush(PATIENCE).wait().unwrap();
    let (before, _) = work();
    for _ in 0..50 {
        wait_for_sleep();
        is_sparse(done.clone());
        ends.receive();
    }
    let (after, _) = work();
    let per_launch = (after - before) / 50;
    flush(PATIENCE).wait().unwrap();
    assert!(per_launch <= 4, "{per_launch} switches for each launch");
}

#[fire_and_forget(backend = FULL, on_full = "block")]
fn fills_its_pool(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(on_full = "block", max_in_flight = 1)]
fn is_alone(pass: Pass) {
    pass.wait();
}

/// They sleep until room has come where they wait, whatever goes on elsewhere.
fn callers_that_wait_for_room_use_no_time() {
    let gate = Gate::holding(fills_its_pool);
    fills_its_pool(gate.pass());
    is_alone(gate.pass());
    let callers = [fills_its_pool, fills_its_pool, is_alone].map(|launch| {
        let pass = gate.pass();
        begin(move || launch(pass))
    });
    wait_until("all callers have come", || {
        counts(named!(fills_its_pool))[0] == 4 && counts(named!(is_alone))[0] == 2
    });
    wait_for_sleep();
    // But for the service thread, which creates the worker of the other pool.
    let mut waiting = other_threads();
    waiting.retain(|thread| thread.name() != "fire-and-forget");
    let switches = || waiting.iter().map(Thread::switches).sum::<u64>();
    let before = switches();
    let (done, ends) = signal();
    for _ in 0..100 {
        is_sparse(done.clone());
    }
    ends.receive_many(100);
    let (_, ticks) = work_in_a_while();
    assert_eq!(
        switches(),
        before,
        "somebody has looked whether there is room"
    );
    assert!(ticks <= 1, "{ticks} ticks while waiting for room");
    gate.open();
    for caller in callers {
        caller.end("a caller that waits for room goes on");
    }
    flush(PATIENCE).wait().unwrap();
}

/// No thread but the main one may run for a while.
fn expect_no_work() {
    let (switches, ticks) = work_in_a_while();
    assert!(switches <= 2, "{switches} switches while idle");
    assert!(ticks <= 1, "{ticks} ticks while idle");
}

/// How often other threads go to sleep again meanwhile, and how many hundredths of a second they run. One that spins
/// does not go to sleep, and runs for thirty of these.
fn work_in_a_while() -> (u64, u64) {
    wait_for_sleep();
    let before = work();
    sleep(Duration::from_millis(300));
    let after = work();
    (after.0 - before.0, after.1 - before.1)
}

fn wait_for_sleep() {
    wait_until("all other threads sleep", || {
        other_threads().iter().all(Thread::sleeps)
    });
}

/// How often the threads that exist now, but for the main one, have gone to sleep, and how long they have run.
fn work() -> (u64, u64) {
    let threads = other_threads();
    (
        threads.iter().map(Thread::switches).sum(),
        threads.iter().map(Thread::ticks).sum(),
    )
}

fn other_threads() -> Vec<Thread> {
    let main = std::process::id().to_string();
    let mut threads = threads();
    threads.retain(|thread| !thread.0.ends_with(&main));
    threads
}

fn threads() -> Vec<Thread> {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|task| Thread(task.unwrap().path()))
        .collect()
}

struct Thread(PathBuf);

impl Thread {
    fn name(&self) -> String {
        self.read("comm").trim_end().to_owned()
    }

    fn sleeps(&self) -> bool {
        self.stat(0).is_none_or(|state| state == "S")
    }

    /// How long it has run, in and outside the kernel.
    fn ticks(&self) -> u64 {
        [11, 12]
            .into_iter()
            .filter_map(|field| self.stat(field)?.parse::<u64>().ok())
            .sum()
    }

    fn switches(&self) -> u64 {
        self.read("status")
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .and_then(|count| count.trim().parse().ok())
            .unwrap_or_default()
    }

    /// One of the fields that come after the name. None if the thread has ended meanwhile.
    fn stat(&self, field: usize) -> Option<String> {
        let stat = self.read("stat");
        let (_, fields) = stat.rsplit_once(')')?;
        fields.split_whitespace().nth(field).map(str::to_owned)
    }

    /// Empty if the thread has ended meanwhile.
    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }
}
