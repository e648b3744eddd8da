//! What a C library leaves in a thread (`pthread_setspecific`): its destructor runs when those of thread-locals have run.

#![expect(unsafe_code, reason = "std has no thread-locals of this kind")]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget, flush, shutdown};
use waiting::{Gate, PATIENCE, Pass, in_time, signal, silence_reports, wait_until};

use crate::{counts, named};

crate::scenarios!(
    key_is_stuck_in_a_thread,
    key_is_stuck_in_a_worker,
    key_is_stuck_in_the_only_thread,
    key_is_stuck_in_a_worker_at_shutdown,
    key_is_stuck_in_the_thread_of_evictions_at_shutdown,
    shutdown_waits_for_the_destructors_of_keys,
);

type AtEnd = Box<dyn FnOnce()>;

/// Has this thread call `at_end` when it has destroyed its thread-locals.
fn at_end(at_end: impl FnOnce() + 'static) {
    static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: the key is put into a number of ours, and the destructor takes what is stored under it.
        let error = unsafe { libc::pthread_key_create(&raw mut key, Some(call)) };
        assert_eq!(error, 0);
        key
    });
    let value = Box::into_raw(Box::<AtEnd>::new(Box::new(at_end)));
    // SAFETY: the key has been created, and is never deleted.
    let error = unsafe { libc::pthread_setspecific(*key, value.cast()) };
    assert_eq!(error, 0);
}

unsafe extern "C" fn call(value: *mut c_void) {
    // SAFETY: it is the box that `at_end` has left, and that nobody else takes.
    let at_end = unsafe { Box::from_raw(value.cast::<AtEnd>()) };
    at_end();
}

static BRIEF: Pool = Pool::new("brief").threads(1).keep_alive(Duration::ZERO);
static STAYS: Pool = Pool::new("stays").threads(1);
static ONE: Threads = Threads::new("one").max_threads(1);
static LATEST: Pool = Pool::new("latest").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = "thread")]
fn ends_stuck_on_a_thread(pass: Pass) {
    at_end(move || pass.wait());
}

#[fire_and_forget(backend = BRIEF)]
fn ends_stuck_on_a_worker(pass: Pass) {
    at_end(move || pass.wait());
}

#[fire_and_forget(backend = STAYS)]
fn ends_stuck_at_shutdown(pass: Pass) {
    at_end(move || pass.wait());
}

#[fire_and_forget(backend = ONE)]
fn ends_stuck_on_the_only_thread(pass: Pass) {
    at_end(move || pass.wait());
}

#[fire_and_forget(backend = "thread")]
fn on_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = BRIEF)]
fn on_brief(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget]
fn on_pool(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = "tokio")]
async fn on_tokio(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = ONE)]
fn on_the_only_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

/// Each of these needs a new thread.
fn check_that_others_go_on(ends_stuck: fn(Pass)) {
    let gate = Gate::holding(ends_stuck);
    let (ran, runs) = signal();
    for launch in [on_thread, on_brief, on_pool, on_tokio, on_thread, on_brief] {
        launch(ran.clone());
        runs.receive();
    }
    gate.open();
    shutdown(PATIENCE).wait().unwrap();
}

fn key_is_stuck_in_a_thread() {
    check_that_others_go_on(ends_stuck_on_a_thread);
}

fn key_is_stuck_in_a_worker() {
    check_that_others_go_on(ends_stuck_on_a_worker);
}

/// At the limit, a launch waits for that thread; and nobody says that it has gone.
fn key_is_stuck_in_the_only_thread() {
    let gate = Gate::holding(ends_stuck_on_the_only_thread);
    let (ran, runs) = signal();
    on_the_only_thread(ran);
    let_the_service_thread_look();
    assert_eq!(runs.so_far(), []);
    gate.open();
    runs.receive();
    shutdown(PATIENCE).wait().unwrap();
}

/// Returns when the service thread has looked at all backends.
fn let_the_service_thread_look() {
    let (ran, runs) = signal();
    on_thread(ran);
    runs.receive();
}

/// The shutdown waits for that thread; other waits are completed meanwhile.
fn check_that_waits_go_on(gate: &Gate) {
    let shutdown = shutdown(PATIENCE);
    gate.reached_by(1);
    in_time("a flush while a shutdown waits", || {
        flush(Duration::MAX).wait().unwrap();
    });
    gate.open();
    shutdown.wait().unwrap();
}

fn key_is_stuck_in_a_worker_at_shutdown() {
    let gate = Gate::new();
    ends_stuck_at_shutdown(gate.pass());
    flush(PATIENCE).wait().unwrap();
    check_that_waits_go_on(&gate);
}

/// The thread that drops it ends stuck.
struct EndsStuck(Pass);

impl Drop for EndsStuck {
    fn drop(&mut self) {
        let pass = self.0.clone();
        at_end(move || pass.wait());
    }
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted(pass: Pass, argument: Option<EndsStuck>) {
    pass.wait();
    std::mem::forget(argument);
}

fn key_is_stuck_in_the_thread_of_evictions_at_shutdown() {
    silence_reports();
    let gate = Gate::new();
    let busy = Gate::holding(|pass| is_evicted(pass, None));
    is_evicted(Pass::open(), Some(EndsStuck(gate.pass())));
    is_evicted(Pass::open(), None);
    wait_until("it is evicted", || counts(named!(is_evicted))[4] == 1);
    busy.open();
    check_that_waits_go_on(&gate);
}

static DESTROYED: AtomicU32 = AtomicU32::new(0);

/// Takes its time, so that only a join can have waited for it.
fn destroy_slowly() {
    thread::sleep(Duration::from_millis(50));
    DESTROYED.fetch_add(1, Ordering::SeqCst);
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_key_on_a_thread() {
    at_end(destroy_slowly);
}

#[fire_and_forget(backend = STAYS)]
fn leaves_a_key_on_a_worker() {
    at_end(destroy_slowly);
}

fn shutdown_waits_for_the_destructors_of_keys() {
    leaves_a_key_on_a_thread();
    leaves_a_key_on_a_worker();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(DESTROYED.load(Ordering::SeqCst), 2);
}
