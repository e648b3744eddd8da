//! Code of the user's on the service thread, which blocks there for a moment.

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
);

static POOL: Pool = Pool::new("pool").threads(1);
static THREADS: Threads = Threads::new("threads");

#[fire_and_forget(backend = POOL)]
fn is_waited_for(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = THREADS)]
fn needs_a_thread(ran: Sender<()>) {
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

/// Pitfall 23.
fn play(how: How) {
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
