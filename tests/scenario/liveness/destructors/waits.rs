//! Destructors that wait: for their own launch, which fails at once, and for others, which run.

use std::cell::RefCell;
use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{Report, WhyUnfinished, fire_and_forget, flush, set_observer, shutdown};
use waiting::backends::FORGETFUL;
use waiting::{Gate, PATIENCE, Pass, signal, wait_until};

use super::{BRIEF, LATEST, NONE};
use crate::{counts, named};

crate::scenarios!(
    destructors_do_not_wait_for_their_own_launch,
    an_observer_does_not_wait_for_the_launch_it_sees,
    thread_local_destructor_does_not_wait_for_its_own_end,
    thread_local_destructor_waits_for_a_launch,
);

#[fire_and_forget]
fn on_pool() {}

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused() {}

/// Waits for quiet, for as long as it takes, when it is dropped.
struct Waits(Sender<[WhyUnfinished; 2]>);

impl Drop for Waits {
    fn drop(&mut self) {
        let _ = self.0.send(wait_in_vain());
    }
}

/// Waits for what cannot come, and is told so at once.
fn wait_in_vain() -> [WhyUnfinished; 2] {
    [flush(Duration::MAX), shutdown(Duration::MAX)].map(|wait| wait.wait().unwrap_err().reason())
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted(pass: Pass, _argument: Option<Waits>) {
    pass.wait();
}

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused_with(_argument: Waits) {}

#[fire_and_forget(backend = FORGETFUL)]
fn is_forgotten(_argument: Waits) {}

#[fire_and_forget]
async fn is_dropped_by_its_runtime(_argument: Waits) {}

/// A launch ends when its arguments have been dropped, so these would wait for themselves: on the caller's thread, on
/// that which drops what was evicted, on that which drops a runtime.
fn destructors_do_not_wait_for_their_own_launch() {
    let (told, reasons) = signal();
    let check = || assert_eq!(reasons.receive(), [WhyUnfinished::InsideBody; 2]);
    is_refused_with(Waits(told.clone()));
    check();
    is_forgotten(Waits(told.clone()));
    check();
    let gate = Gate::holding(|pass| is_evicted(pass, None));
    is_evicted(Pass::open(), Some(Waits(told.clone())));
    is_evicted(Pass::open(), None);
    check();
    wait_until("it is evicted", || counts(named!(is_evicted))[4] == 1);
    gate.open();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let entered = runtime.enter();
    is_dropped_by_its_runtime(Waits(told));
    drop(entered);
    drop(runtime);
    check();
    flush(PATIENCE).wait().unwrap();
    let total = fire_and_forget::ledger().total();
    assert_eq!((total.lost, total.refused, total.in_flight()), (3, 1, 0));
    // The shutdown has not begun.
    on_pool();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(on_pool)), [1, 1, 0, 0, 0, 0]);
}

/// Of a refusal, on the caller's thread, where no body runs.
fn an_observer_does_not_wait_for_the_launch_it_sees() {
    let (told, reasons) = signal();
    set_observer(move |_: &Report<'_>| {
        let _ = told.send(wait_in_vain());
    })
    .unwrap();
    is_refused();
    assert_eq!(reasons.receive(), [WhyUnfinished::InsideBody; 2]);
}

thread_local! {
    static WAITS: RefCell<Option<Waits>> = const { RefCell::new(None) };
    static LAUNCHES_AND_WAITS: RefCell<Option<LaunchesAndWaits>> = const { RefCell::new(None) };
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_what_waits(argument: Waits) {
    WAITS.set(Some(argument));
}

#[fire_and_forget(backend = "thread")]
fn leaves_what_waits_on_a_thread(argument: Waits) {
    WAITS.set(Some(argument));
}

/// A shutdown joins that thread, so it would wait for itself.
fn thread_local_destructor_does_not_wait_for_its_own_end() {
    let (told, reasons) = signal();
    leaves_what_waits(Waits(told.clone()));
    leaves_what_waits_on_a_thread(Waits(told));
    assert_eq!(reasons.receive_many(2), [[WhyUnfinished::InsideBody; 2]; 2]);
    shutdown(PATIENCE).wait().unwrap();
}

/// Launches when it is dropped, and waits until that has run.
struct LaunchesAndWaits(Sender<()>);

impl Drop for LaunchesAndWaits {
    fn drop(&mut self) {
        for _ in 0..10 {
            let (ran, runs) = signal();
            runs_on_a_thread(ran);
            runs.receive();
        }
        let _ = self.0.send(());
    }
}

#[fire_and_forget(backend = "thread")]
fn runs_on_a_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_what_launches_and_waits(argument: LaunchesAndWaits) {
    LAUNCHES_AND_WAITS.set(Some(argument));
}

#[fire_and_forget(backend = "thread")]
fn leaves_what_launches_and_waits_on_a_thread(argument: LaunchesAndWaits) {
    LAUNCHES_AND_WAITS.set(Some(argument));
}

/// Whoever creates threads must not be held up by one that is going.
fn thread_local_destructor_waits_for_a_launch() {
    let (done, dones) = signal();
    leaves_what_launches_and_waits(LaunchesAndWaits(done.clone()));
    leaves_what_launches_and_waits_on_a_thread(LaunchesAndWaits(done));
    dones.receive_many(2);
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(runs_on_a_thread)), [20, 20, 0, 0, 0, 0]);
}
