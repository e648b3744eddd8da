//! Wakers that block the service thread for a moment.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use fire_and_forget::{Pool, Threads, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, signal};

crate::scenarios!(
    a_launch_runs_that_was_made_while_a_waker_blocked,
    a_launch_runs_that_was_made_while_a_waker_had_a_scope,
    a_launch_runs_that_was_made_while_a_waker_was_dropped,
    a_worker_at_rest_runs_launches_while_another_is_asked_for_and_does_not_come,
);

static POOL: Pool = Pool::new("pool").threads(1);
static THREADS: Threads = Threads::new("threads");
static PAIR: Pool = Pool::new("pair").threads(2);

#[fire_and_forget(backend = POOL)]
fn is_waited_for(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = THREADS)]
fn needs_a_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = PAIR)]
fn keeps_one_busy(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = PAIR)]
fn is_for_either(ran: Sender<()>) {
    let _ = ran.send(());
}

/// Blocks on a channel when it wakes, or when it goes away: parks the thread, as everything in `std` that blocks does.
struct Blocks {
    begun: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
    how: How,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Waking,
    InAScope,
    Dropped,
}

impl Blocks {
    fn block(&self) {
        let _ = self.begun.lock().unwrap().send(());
        let _ = self.go.lock().unwrap().recv();
    }
}

impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        match self.how {
            How::Waking => self.block(),
            How::InAScope => thread::scope(|scope| {
                scope.spawn(|| self.block());
            }),
            How::Dropped => {}
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        if self.how == How::Dropped {
            self.block();
        }
    }
}

/// Blocks the service thread until something is sent.
fn block_it(how: How) -> Sender<()> {
    let gate = Gate::holding(|pass| is_waited_for(pass));
    let (begun, blocks) = signal();
    let (go, waits) = channel();
    let waker = Waker::from(Arc::new(Blocks {
        begun: Mutex::new(begun),
        go: Mutex::new(waits),
        how,
    }));
    let mut flush = pin!(POOL.flush(PATIENCE));
    let poll = flush.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(matches!(poll, Poll::Pending));
    drop(waker);
    gate.open();
    // It is on the service thread now, and uses up what that is unparked by.
    blocks.receive();
    go
}

/// Pitfall 23.
fn play(how: How) {
    let go = block_it(how);
    let (ran, runs) = signal();
    needs_a_thread(ran);
    go.send(()).unwrap();
    runs.receive();
    fire_and_forget::flush(PATIENCE).wait().unwrap();
}

fn a_launch_runs_that_was_made_while_a_waker_blocked() {
    play(How::Waking);
}

fn a_launch_runs_that_was_made_while_a_waker_had_a_scope() {
    play(How::InAScope);
}

fn a_launch_runs_that_was_made_while_a_waker_was_dropped() {
    play(How::Dropped);
}

fn a_worker_at_rest_runs_launches_while_another_is_asked_for_and_does_not_come() {
    let gate = Gate::holding(|pass| keeps_one_busy(pass));
    let go = block_it(How::Waking);
    let (ran, runs) = signal();
    // Nobody is at rest, and there may be one more.
    is_for_either(ran.clone());
    gate.open();
    runs.receive();
    for _ in 0..100 {
        is_for_either(ran.clone());
        runs.receive();
    }
    go.send(()).unwrap();
    fire_and_forget::flush(PATIENCE).wait().unwrap();
}
