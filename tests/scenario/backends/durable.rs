//! Durable launches without a store, or with one that is at fault: nothing else stands still, and nothing is left untold.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use fire_and_forget::{Pool, durable, fire_and_forget, shutdown};
use waiting::{Gate, Pass, begin, signal, silence_reports, wait_until};

use crate::{counts, named};

crate::scenarios!(
    durable_launches_of_a_body_do_not_wait_for_room,
    durable_launches_without_a_store_are_abandoned_by_a_shutdown,
    durable_watcher_whose_waker_is_stuck_holds_up_no_shutdown,
    durable_saver_that_panics_stops_no_shutdown,
);

static POOL: Pool = Pool::new("pool").threads(1);

#[fire_and_forget(backend = "durable", on_full = "block")]
fn is_to_be_stored(_number: u32) {}

#[fire_and_forget(backend = POOL)]
fn launches_more_than_there_is_room_for(done: Sender<()>) {
    for number in 0..MANY {
        is_to_be_stored(number);
    }
    let _ = done.send(());
}

#[fire_and_forget(backend = POOL)]
fn passes(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = POOL)]
fn waits_behind() {}

fn durable_launches_of_a_body_do_not_wait_for_room() {
    silence_reports();
    let (done, all_launched) = signal();
    launches_more_than_there_is_room_for(done);
    all_launched.receive();
    let [launched, ok, .., refused] = counts(named!(is_to_be_stored));
    assert_eq!((launched, ok), (u64::from(MANY), 0));
    assert!(refused > 0, "there is no store that would take them");
    shutdown(Duration::from_millis(50)).wait().unwrap_err();
}

fn durable_launches_without_a_store_are_abandoned_by_a_shutdown() {
    silence_reports();
    for number in 0..100 {
        is_to_be_stored(number);
    }
    shutdown(Duration::from_millis(50)).wait().unwrap_err();
    wait_until("they are abandoned", || {
        counts(named!(is_to_be_stored)) == [100, 0, 0, 0, 100, 0]
    });
}

/// Never returns from waking.
struct Stuck(Mutex<mpsc::Receiver<()>>);

impl Wake for Stuck {
    fn wake(self: Arc<Self>) {
        let _ = self.0.lock().unwrap().recv();
    }
}

fn durable_watcher_whose_waker_is_stuck_holds_up_no_shutdown() {
    let (go, stuck) = mpsc::channel();
    let waker = Waker::from(Arc::new(Stuck(Mutex::new(stuck))));
    let mut watcher = Box::pin(durable::stopping());
    let polled = watcher.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    let ended = begin(|| shutdown(Duration::from_millis(50)).wait());
    let _ = ended.end("a shutdown keeps its deadline");
    drop(go);
}

fn durable_saver_that_panics_stops_no_shutdown() {
    silence_reports();
    assert!(durable::on_deadline(|_| {
        std::panic::resume_unwind(Box::new("without a word from the hook"));
    }));
    let gate = Gate::holding(|pass| passes(pass));
    waits_behind();
    is_to_be_stored(1);
    shutdown(Duration::from_millis(50)).wait().unwrap_err();
    wait_until("what waits is abandoned", || {
        counts(named!(waits_behind)) == [1, 0, 0, 0, 1, 0]
            && counts(named!(is_to_be_stored)) == [1, 0, 0, 0, 1, 0]
    });
    gate.open();
    wait_until("the body ends", || {
        counts(named!(passes)) == [1, 1, 0, 0, 0, 0]
    });
}

/// More than the outbox and its queue hold.
const MANY: u32 = 25_000;
