//! What the deadline leaves: bodies that run are named and go on, launches that are queued are abandoned.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::task::Context;
use std::time::{Duration, Instant};

use fire_and_forget::{
    Context as Captured, Report, Unfinished, Wait, fire_and_forget, flush, ledger, set_observer,
    shutdown,
};
use waiting::{Gate, PATIENCE, Pass, Sticky, signal, silence_reports, wait_until};

use super::bodies::{POOL, THREADS, on_pool};
use super::counted::{Counted, DROPS};
use super::kept::{Keeper, kept};
use crate::{counts, named};

crate::scenarios!(
    shutdown_keeps_its_deadline,
    shutdown_abandons_in_the_context,
    shutdown_abandons_what_waits_for_a_thread,
    shutdown_that_is_awaited_keeps_its_deadline,
    shutdown_whose_deadline_another_thread_keeps,
    shutdown_does_not_wait_longer_for_thread_locals,
    shutdown_does_not_wait_longer_for_blocking_tasks,
    shutdown_ends_a_flood_of_threads,
);

#[fire_and_forget(backend = POOL)]
fn is_stuck(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = POOL)]
fn waits_behind(_argument: Counted) {}

#[fire_and_forget]
async fn is_stuck_as_a_task(pass: Pass) {
    pass.opened().await;
}

/// Pitfalls 6 and 8.
fn shutdown_keeps_its_deadline() {
    set_observer(Keeper).unwrap();
    let gate = Gate::new();
    is_stuck(gate.pass());
    is_stuck_as_a_task(gate.pass());
    gate.reached_by(2);
    for _ in 0..5 {
        waits_behind(Counted);
    }
    let called = Instant::now();
    let unfinished = shutdown(Duration::from_millis(50)).wait().unwrap_err();
    let took = called.elapsed();
    assert!(took >= Duration::from_millis(50), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    println!("{unfinished}");
    wait_until("what is queued is abandoned", || {
        counts(named!(waits_behind)) == [5, 0, 0, 0, 5, 0]
    });
    assert_eq!(DROPS.load(Ordering::SeqCst), 5);
    let kept = kept();
    assert_eq!(
        kept,
        ["scenario::stop::shutdown::deadline::waits_behind abandoned"; 5]
    );
    // What is running goes on: on a thread, and in the runtime of the crate's own.
    assert_eq!(counts(named!(is_stuck)), [1, 0, 0, 0, 0, 0]);
    assert_eq!(counts(named!(is_stuck_as_a_task)), [1, 0, 0, 0, 0, 0]);
}

thread_local! {
    static TENANT: Cell<&'static str> = const { Cell::new("nobody") };
}

struct Tenant(&'static str);

impl Captured for Tenant {
    fn capture() -> Self {
        Self(TENANT.get())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        let outer = TENANT.replace(self.0);
        let result = code();
        TENANT.set(outer);
        result
    }
}

/// Says whose it was.
struct OfATenant(Sender<&'static str>);

impl Drop for OfATenant {
    fn drop(&mut self) {
        let _ = self.0.send(TENANT.get());
    }
}

#[fire_and_forget(backend = POOL, context = Tenant)]
fn waits_behind_in_a_context(_argument: OfATenant) {}

fn shutdown_abandons_in_the_context() {
    static REPORTED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    set_observer(|_: &Report<'_>| REPORTED.lock().unwrap().push(TENANT.get())).unwrap();
    let gate = Gate::new();
    is_stuck(gate.pass());
    gate.reached_by(1);
    let (says, said) = signal();
    for tenant in ["ada", "bob"] {
        TENANT.set(tenant);
        waits_behind_in_a_context(OfATenant(says.clone()));
    }
    TENANT.set("nobody");
    shutdown(Duration::ZERO).wait().unwrap_err();
    assert_eq!(said.receive_many(2), ["ada", "bob"]);
    wait_until("what is queued is abandoned", || {
        counts(named!(waits_behind_in_a_context)) == [2, 0, 0, 0, 2, 0]
    });
    assert_eq!(*REPORTED.lock().unwrap(), ["ada", "bob"]);
}

#[fire_and_forget(backend = THREADS)]
fn is_stuck_on_a_thread(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = THREADS)]
fn waits_for_a_thread(_argument: Counted) {}

/// Pitfall 6, for launches that have no thread yet. The stuck body ends after the deadline, and is still counted.
fn shutdown_abandons_what_waits_for_a_thread() {
    set_observer(Keeper).unwrap();
    let gate = Gate::holding(is_stuck_on_a_thread);
    for _ in 0..5 {
        waits_for_a_thread(Counted);
    }
    println!("{}", shutdown(Duration::ZERO).wait().unwrap_err());
    wait_until("what is queued is abandoned", || {
        counts(named!(waits_for_a_thread)) == [5, 0, 0, 0, 5, 0]
    });
    assert_eq!(DROPS.load(Ordering::SeqCst), 5);
    assert_eq!(
        kept(),
        ["scenario::stop::shutdown::deadline::waits_for_a_thread abandoned"; 5]
    );
    gate.open();
    wait_until("the stuck body ends", || {
        counts(named!(is_stuck_on_a_thread)) == [1, 1, 0, 0, 0, 0]
    });
}

/// The result for a task.
fn awaited(wait: Wait) -> Result<(), Unfinished> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(wait)
}

#[fire_and_forget(backend = POOL)]
fn waits_and_sticks(_argument: Sticky) {}

/// Nobody but the thread that is stuck in the destructor could wake the task.
fn shutdown_that_is_awaited_keeps_its_deadline() {
    set_observer(Keeper).unwrap();
    let gate = Gate::holding(is_stuck);
    waits_and_sticks(Sticky(gate.pass()));
    println!("{}", awaited(shutdown(Duration::ZERO)).unwrap_err());
    assert_eq!(counts(named!(waits_and_sticks)), [1, 0, 0, 0, 0, 0]);
    gate.open();
    wait_until("what is queued is abandoned", || {
        counts(named!(waits_and_sticks)) == [1, 0, 0, 0, 1, 0]
    });
}

/// The thread that ends shutdowns is stuck in somebody's waker when the deadline comes, and goes on later.
fn shutdown_whose_deadline_another_thread_keeps() {
    set_observer(Keeper).unwrap();
    let (gate, woken) = (Gate::holding(is_stuck), Gate::new());
    let waker = woken.waker();
    let flushed = pin!(flush(PATIENCE));
    assert!(flushed.poll(&mut Context::from_waker(&waker)).is_pending());
    gate.open();
    woken.reached_by(1);

    let gate = Gate::holding(is_stuck);
    waits_behind(Counted);
    println!("{}", awaited(shutdown(Duration::ZERO)).unwrap_err());
    woken.open();
    wait_until("what is queued is abandoned", || {
        counts(named!(waits_behind)) == [1, 0, 0, 0, 1, 0]
    });
    assert_eq!(
        kept(),
        ["scenario::stop::shutdown::deadline::waits_behind abandoned"]
    );
    gate.open();
}

thread_local! {
    static STICKY: RefCell<Option<Sticky>> = const { RefCell::new(None) };
}

#[fire_and_forget(backend = POOL)]
fn leaves_a_sticky_local(argument: Sticky) {
    STICKY.set(Some(argument));
}

/// All is quiet, but for a thread that does not go away.
fn shutdown_does_not_wait_longer_for_thread_locals() {
    let gate = Gate::new();
    leaves_a_sticky_local(Sticky(gate.pass()));
    awaited(shutdown(Duration::from_millis(100))).unwrap();
    gate.reached_by(1);
    assert_eq!(counts(named!(leaves_a_sticky_local)), [1, 1, 0, 0, 0, 0]);
    gate.open();
}

#[fire_and_forget]
async fn leaves_a_blocking_task(pass: Pass) {
    drop(tokio::task::spawn_blocking(move || pass.wait()));
}

/// All is quiet, but for the crate's own runtime, which waits for a task of somebody's.
fn shutdown_does_not_wait_longer_for_blocking_tasks() {
    let gate = Gate::holding(leaves_a_blocking_task);
    flush(PATIENCE).wait().unwrap();
    let called = Instant::now();
    shutdown(Duration::from_millis(100)).wait().unwrap();
    assert!(called.elapsed() >= Duration::from_millis(100));
    assert_eq!(counts(named!(leaves_a_blocking_task)), [1, 1, 0, 0, 0, 0]);
    gate.open();
}

#[fire_and_forget(backend = "thread")]
fn breeds() {
    breeds();
    breeds();
}

/// Each thread launches two more while it is created: there are always some to be created.
fn shutdown_ends_a_flood_of_threads() {
    silence_reports();
    breeds();
    wait_until("there are many", || counts(named!(breeds))[0] > 50_000);
    // Nobody else is held up meanwhile,
    on_pool();
    wait_until("another backend runs", || {
        counts("scenario::stop::shutdown::bodies::on_pool")[1] == 1
    });
    // nor is the deadline.
    shutdown(Duration::ZERO).wait().unwrap_err();
    wait_until("all have ended", || ledger().total().in_flight() == 0);
}
