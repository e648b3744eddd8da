//! The system refuses single threads, or all of them for a while: `refusing SCENARIO NUMBER` plays it, and
//! `behavior/system/refused_threads.rs` runs it.
//!
//! The C library's `pthread_create` is replaced for the whole process, so this is a program of its own.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget, flush, ledger, shutdown};
use waiting::{Gate, PATIENCE, Pass, wait_until};

type Start = extern "C" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    Start,
    *mut c_void,
) -> c_int;

/// How many threads have been asked for.
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// The one that is refused.
static REFUSED: AtomicUsize = AtomicUsize::new(usize::MAX);
static ALL_ARE_REFUSED: AtomicBool = AtomicBool::new(false);

/// # Safety
///
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let number = ASKED.fetch_add(1, Ordering::SeqCst);
    if ALL_ARE_REFUSED.load(Ordering::SeqCst) || number == REFUSED.load(Ordering::SeqCst) {
        return libc::EAGAIN;
    }
    // SAFETY: the C library's function of that name, with the arguments of the caller.
    unsafe {
        let create = libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr());
        let create = std::mem::transmute::<*mut c_void, Create>(create);
        create(thread, attributes, start, argument)
    }
}

static POOL: Pool = Pool::new("refused").threads(1);
static THREADS: Threads = Threads::new("refused-threads").max_threads(1);

#[fire_and_forget]
async fn on_tokio() {
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {
    drop(tokio::spawn(async {}));
}

#[fire_and_forget(backend = POOL)]
async fn on_pool_async() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[fire_and_forget(backend = POOL)]
fn on_pool() {}

#[fire_and_forget(backend = THREADS)]
async fn on_threads_async() {}

#[fire_and_forget]
fn holds_a_worker(pass: Pass) {
    pass.wait();
}

#[fire_and_forget]
async fn launches_again(times: u32) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    if times > 0 {
        launches_again(times - 1);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next().unwrap_or_default();
    let number = arguments.next().and_then(|text| text.parse().ok());
    match &*scenario {
        "one" => one_thread_is_refused(number.unwrap()),
        "later" => all_threads_are_refused_for_a_while(),
        "first" => all_threads_are_refused_at_the_first_launch(),
        "descriptors" => runtimes_are_refused_and_no_descriptor_is_lost(),
        "body" => a_body_waits_for_its_runtime(),
        "none" => no_descriptor_is_left(),
        "deadline" => a_task_keeps_its_own_deadline(),
        _ => panic!("no scenario `{scenario}`"),
    }
}

/// Whichever it is.
fn one_thread_is_refused(number: usize) {
    REFUSED.store(number, Ordering::SeqCst);
    on_tokio();
    on_tokio_worker();
    on_pool_async();
    on_pool();
    on_threads_async();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 5);
    shutdown(PATIENCE).wait().unwrap();
}

/// Starts a thread of the built-in pool, and as many as it may have.
fn start_workers() {
    let gate = Gate::new();
    for _ in 0..4 {
        holds_a_worker(gate.pass());
    }
    gate.reached_by(4);
    on_pool();
    gate.open();
    flush(PATIENCE).wait().unwrap();
}

fn all_threads_are_refused_for_a_while() {
    start_workers();
    ALL_ARE_REFUSED.store(true, Ordering::SeqCst);
    let asked = ASKED.load(Ordering::SeqCst);
    on_tokio();
    wait_until("a thread has been refused", || {
        ASKED.load(Ordering::SeqCst) > asked
    });
    ALL_ARE_REFUSED.store(false, Ordering::SeqCst);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 6);
}

/// Nobody launches anything else, or waits.
fn all_threads_are_refused_at_the_first_launch() {
    ALL_ARE_REFUSED.store(true, Ordering::SeqCst);
    launches_again(3);
    ALL_ARE_REFUSED.store(false, Ordering::SeqCst);
    wait_until("all have run", || ledger().total().ok == 4);
    // What comes now has a runtime of several threads.
    on_tokio();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 5);
}

fn runtimes_are_refused_and_no_descriptor_is_lost() {
    start_workers();
    ALL_ARE_REFUSED.store(true, Ordering::SeqCst);
    let before = descriptors();
    for _ in 0..100 {
        on_tokio_worker();
        on_pool_async();
    }
    flush(PATIENCE).wait().unwrap();
    assert_eq!(descriptors(), before);
    ALL_ARE_REFUSED.store(false, Ordering::SeqCst);
    on_tokio();
    flush(PATIENCE).wait().unwrap();
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[fire_and_forget(backend = POOL)]
fn is_abandoned(_: BlocksWhenDropped) {}

struct BlocksWhenDropped(Pass);

impl Drop for BlocksWhenDropped {
    fn drop(&mut self) {
        self.0.wait();
    }
}

#[fire_and_forget(backend = POOL)]
fn holds_the_only_worker(pass: Pass) {
    pass.wait();
}

/// The thread that keeps the deadlines of tasks is refused, and a destructor holds up the one that creates the others.
fn a_task_keeps_its_own_deadline() {
    let gate = Gate::holding(|pass| holds_the_only_worker(pass));
    is_abandoned(BlocksWhenDropped(gate.pass()));
    ALL_ARE_REFUSED.store(true, Ordering::SeqCst);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(shutdown(Duration::from_millis(100)))
        .unwrap_err();
    gate.open();
}

/// A refusal that is over soon is waited out.
fn a_body_waits_for_its_runtime() {
    start_workers();
    ALL_ARE_REFUSED.store(true, Ordering::SeqCst);
    let asked = ASKED.load(Ordering::SeqCst);
    on_tokio_worker();
    wait_until("a thread has been refused", || {
        ASKED.load(Ordering::SeqCst) > asked
    });
    ALL_ARE_REFUSED.store(false, Ordering::SeqCst);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 6);
}

/// Bodies that need a runtime give up, what else is queued runs, and tasks wait.
fn no_descriptor_is_left() {
    start_workers();
    let mut all = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        all.push(file);
    }
    on_tokio();
    for _ in 0..100 {
        on_tokio_worker();
    }
    holds_a_worker(Pass::open());
    on_pool();
    POOL.flush(PATIENCE).wait().unwrap();
    wait_until("all but the task have ended", || {
        ledger().total().in_flight() == 1
    });
    let total = ledger().total();
    assert_eq!((total.ok, total.panicked), (5 + 2, 100));
    drop(all);
    flush(PATIENCE).wait().unwrap();
    on_tokio_worker();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 5 + 2 + 2);
}
