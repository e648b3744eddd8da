//! The system refuses threads, because there is no room for their stacks: launches wait, and run later or are reported.
//!
//! Played with little memory and large stacks.

use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget, flush, shutdown};
use waiting::backends::SHELF;
use waiting::{Gate, PATIENCE, Pass, begin, wait_until};

use super::functions::{self, check_all, launch_all, on_tokio, on_tokio_worker};
use crate::{counts, named};

crate::scenarios!(
    launches_run_when_threads_are_no_longer_refused,
    launches_run_when_the_first_thread_is_no_longer_refused,
    a_lone_launch_runs_though_nobody_waits,
    a_lone_launch_runs_where_no_thread_can_be_had,
    launches_whose_threads_are_refused_to_the_end_are_lost,
    launches_are_lost_without_the_first_thread,
    launches_are_lost_without_the_first_thread_where_nobody_blocks,
    evicted_launches_wait_without_the_first_thread,
    quiet_is_noticed_without_the_first_thread,
    a_shutdown_that_nobody_waits_for_ends,
    a_body_whose_runtime_is_refused_panics,
);

static OTHER: Pool = Pool::new("with-a-thread").threads(1);

#[fire_and_forget(backend = OTHER)]
fn starts_the_service_thread() {}

/// Pitfall 5.
fn launches_run_when_threads_are_no_longer_refused() {
    starts_the_service_thread();
    flush(PATIENCE).wait().unwrap();
    run_later();
}

/// Pitfall 5: there is not even the thread that creates the others.
fn launches_run_when_the_first_thread_is_no_longer_refused() {
    run_later();
}

fn run_later() {
    let memory = take_all_memory();
    launch_all();
    println!("{}", flush(Duration::from_millis(50)).wait().unwrap_err());
    drop(memory);
    flush(PATIENCE).wait().unwrap();
    check_all([1, 1, 0, 0, 0, 0]);
}

/// Pitfall 22: refused once, allowed again, and nobody flushes or launches again.
fn a_lone_launch_runs_though_nobody_waits() {
    for (_, launch) in functions::ALL {
        let memory = take_all_memory();
        launch();
        drop(memory);
        all_have_ended();
    }
    assert_eq!(fire_and_forget::ledger().total().ok, 6);
}

static SMALL_POOL: Pool = Pool::new("small").threads(4).queue(4);
static SMALL_THREADS: Threads = Threads::new("small-threads").max_threads(4).queue(4);

/// Launches itself again, so often.
#[fire_and_forget(backend = SMALL_POOL)]
fn on_small_pool(times: u32) {
    if times > 0 {
        on_small_pool(times - 1);
    }
}

#[fire_and_forget(backend = SMALL_POOL)]
async fn on_small_pool_async() {}

#[fire_and_forget(backend = SMALL_THREADS)]
fn on_small_threads() {}

/// Launches itself again, so often.
#[fire_and_forget]
async fn on_tokio_again(times: u32) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    if times > 0 {
        on_tokio_again(times - 1);
    }
}

/// Pitfall 22: not even a small thread that would come back to it.
fn a_lone_launch_runs_where_no_thread_can_be_had() {
    let memory = take_all_memory();
    let pages = take_all_pages();
    // Not one inside the other: the stack cannot grow either.
    on_small_pool(1000);
    on_small_pool_async();
    on_small_threads();
    on_tokio_again(10);
    let all = fire_and_forget::ledger().total();
    assert_eq!((all.ok, all.in_flight()), (1014, 0));
    assert!(SMALL_POOL.flush(Duration::ZERO).wait().is_ok());
    give_back(pages);
    drop(memory);
    on_small_pool(0);
    on_small_threads();
    on_tokio();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(fire_and_forget::ledger().total().ok, 1017);
}

fn all_have_ended() {
    wait_until("everything has run", || {
        fire_and_forget::ledger().total().in_flight() == 0
    });
}

/// Pitfalls 5 and 6.
fn launches_whose_threads_are_refused_to_the_end_are_lost() {
    starts_the_service_thread();
    flush(PATIENCE).wait().unwrap();
    let _memory = take_all_memory();
    launch_all();
    println!(
        "{}",
        shutdown(Duration::from_millis(50)).wait().unwrap_err()
    );
    wait_until("what waits for a thread is abandoned", || {
        fire_and_forget::ledger().total().lost == functions::ALL.len() as u64
    });
    check_all([1, 0, 0, 0, 1, 0]);
}

/// Pitfalls 5 and 6: there is not even the thread that abandons the others, so that is done by who waits.
fn launches_are_lost_without_the_first_thread() {
    lose_without_the_first_thread(fire_and_forget::Wait::wait);
}

fn launches_are_lost_without_the_first_thread_where_nobody_blocks() {
    lose_without_the_first_thread(|wait| {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(wait)
    });
}

fn lose_without_the_first_thread(
    end: fn(fire_and_forget::Wait) -> Result<(), fire_and_forget::Unfinished>,
) {
    let _memory = take_all_memory();
    launch_all();
    println!("{}", end(shutdown(Duration::from_millis(50))).unwrap_err());
    check_all([1, 0, 0, 0, 1, 0]);
}

static LATEST: Pool = Pool::new("latest-without-threads")
    .threads(1)
    .queue(1)
    .drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn on_latest() {}

fn evicted_launches_wait_without_the_first_thread() {
    let memory = take_all_memory();
    for _ in 0..5 {
        on_latest();
    }
    // Two wait in the queue, and three to be dropped: their caller does not do that, since a small thread asks for the first one.
    assert_eq!(counts(named!(on_latest)), [5, 0, 0, 0, 0, 0]);
    drop(memory);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(on_latest)), [5, 2, 0, 0, 3, 0]);
}

#[fire_and_forget(backend = SHELF)]
fn on_shelf() {}

/// A backend of the user's needs none of our threads, and neither does whoever waits for it.
fn quiet_is_noticed_without_the_first_thread() {
    let gate = Gate::new();
    let pass = gate.pass();
    let runner = begin(move || {
        pass.wait();
        SHELF.take().run();
    });
    gate.reached_by(1);
    let _memory = take_all_memory();
    on_shelf();
    let wait = flush(Duration::MAX);
    gate.open();
    wait.wait().unwrap();
    runner.end("the task has run");
    on_shelf();
    let wait = shutdown(Duration::MAX);
    SHELF.take().run();
    wait.wait().unwrap();
    assert_eq!(counts(named!(on_shelf)), [2, 2, 0, 0, 0, 0]);
}

#[fire_and_forget(backend = SHELF)]
fn launches_until_it_is_refused(pass: Pass) {
    pass.wait();
    wait_until("the shutdown has ended", || stays_on_shelf().is_err());
}

#[fire_and_forget(backend = SHELF, on_full = "reject")]
fn stays_on_shelf() {}

/// No launch has asked for the first thread, and nobody asks after it was refused.
fn a_shutdown_that_nobody_waits_for_ends() {
    let gate = Gate::new();
    launches_until_it_is_refused(gate.pass());
    let task = SHELF.take();
    let runner = begin(|| task.run());
    gate.reached_by(1);
    let memory = take_all_memory();
    drop(shutdown(Duration::from_millis(50)));
    drop(memory);
    gate.open();
    runner.end("the body has been refused a launch");
}

/// A worker has the body, and cannot give it back. It waits for a second.
fn a_body_whose_runtime_is_refused_panics() {
    starts_a_worker();
    flush(PATIENCE).wait().unwrap();
    let memory = take_all_memory();
    on_tokio_worker();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts("scenario::system::functions::on_tokio_worker"),
        [1, 0, 0, 1, 0, 0]
    );
    drop(memory);
    on_tokio_worker();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(
        counts("scenario::system::functions::on_tokio_worker"),
        [2, 1, 0, 1, 0, 0]
    );
}

#[fire_and_forget]
fn starts_a_worker() {}

/// Leaves too little for the stack of a thread.
fn take_all_memory() -> Vec<Vec<u8>> {
    let mut taken = Vec::new();
    let mut size = 1 << 30;
    while size >= STACK / 2 {
        let mut memory = Vec::new();
        match memory.try_reserve_exact(size) {
            Ok(()) => taken.push(memory),
            Err(_) => size /= 2,
        }
    }
    let refused = thread::Builder::new().stack_size(STACK).spawn(|| ());
    assert!(refused.is_err(), "there is room for a thread");
    taken
}

/// Leaves too little for the stack of any thread. By the system, since an allocator keeps some for itself.
#[allow(unsafe_code)]
fn take_all_pages() -> Vec<(*mut libc::c_void, usize)> {
    let mut taken = Vec::with_capacity(1024);
    let mut size = STACK / 2;
    while size >= 16 << 10 {
        let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a mapping of its own, which nobody reads or writes.
        let place = unsafe { libc::mmap(std::ptr::null_mut(), size, access, kind, -1, 0) };
        if place == libc::MAP_FAILED {
            size /= 2;
        } else {
            taken.push((place, size));
        }
    }
    taken
}

#[allow(unsafe_code)]
fn give_back(pages: Vec<(*mut libc::c_void, usize)>) {
    for (place, size) in pages {
        // SAFETY: it was mapped above, and nobody uses it.
        unsafe { libc::munmap(place, size) };
    }
}

/// What `RUST_MIN_STACK` says.
const STACK: usize = 64 << 20;
