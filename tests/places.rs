//! Where arguments and futures lie on their way: small programs, for Miri to watch (`.ci/miri`).

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};

use fire_and_forget::{Pool, Threads, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, begin, signal};

static POOL: Pool = Pool::new("places").threads(1).queue(4);
static THREADS: Threads = Threads::new("places");

/// A future that keeps a pointer into itself, and writes through it at each poll.
struct PointsAtItself {
    polls: u8,
    here: *mut u8,
    _pinned: PhantomPinned,
}

// SAFETY: the pointer is to the field beside it, which moves with it until it is pinned.
#[expect(unsafe_code, reason = "to point at itself is the test")]
unsafe impl Send for PointsAtItself {}

impl PointsAtItself {
    fn new() -> Self {
        Self {
            polls: 0,
            here: std::ptr::null_mut(),
            _pinned: PhantomPinned,
        }
    }
}

impl Future for PointsAtItself {
    type Output = u8;

    #[expect(unsafe_code, reason = "to point at itself is the test")]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u8> {
        // SAFETY: nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        if this.here.is_null() {
            this.here = &raw mut this.polls;
        }
        // SAFETY: it is pinned, so the field is where it was at the first poll.
        let polls = unsafe {
            *this.here += 1;
            *this.here
        };
        if polls == 3 {
            return Poll::Ready(polls);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

macro_rules! on {
    ($($backend:ident: $path:expr;)*) => {
        $(
            mod $backend {
                use super::*;

                #[fire_and_forget(backend = $path)]
                async fn points_at_itself(polls: Sender<u8>) {
                    // Inside the generator of the body, which points into itself, too.
                    let text = String::from("a local variable that is borrowed across an await");
                    let borrowed = &text;
                    let _ = polls.send(PointsAtItself::new().await);
                    poll_fn(|_| Poll::Ready(())).await;
                    assert_eq!(borrowed.len(), 49);
                }

                #[test]
                fn a_future_that_points_at_itself_stays_where_it_is() {
                    let (polls, done) = channel();
                    points_at_itself(polls);
                    assert_eq!(done.recv(), Ok(3));
                }

                #[fire_and_forget(backend = $path)]
                fn takes(small: Cell<u8>, large: [u64; 40], ran: Sender<u64>) {
                    small.set(small.get() + 1);
                    let _ = ran.send(u64::from(small.get()) + large.iter().sum::<u64>());
                }

                #[test]
                fn arguments_arrive_in_a_slot_and_beyond_one() {
                    let (ran, runs) = channel();
                    takes(Cell::new(1), [1; 40], ran);
                    assert_eq!(runs.recv(), Ok(42));
                }

                #[fire_and_forget(backend = $path)]
                fn panics(text: String, dropped: Sender<()>) {
                    let _held = dropped;
                    if !text.is_empty() {
                        std::panic::resume_unwind(Box::new(text));
                    }
                }

                #[test]
                fn a_body_that_panics_drops_its_arguments() {
                    let (dropped, drops) = channel();
                    panics("stays here".to_owned(), dropped);
                    assert!(drops.recv().is_err());
                }
            }
        )*
    };
}

on! {
    on_pool: POOL;
    on_threads: THREADS;
    on_tokio: "tokio";
}

static NARROW: Pool = Pool::new("narrow").threads(1).queue(2);

#[fire_and_forget(backend = NARROW)]
fn passes(pass: Pass) {
    pass.wait();
}

static EVICTING: Pool = Pool::new("evicting").threads(1).queue(2).drop_oldest();

#[fire_and_forget(backend = EVICTING)]
fn holds(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = EVICTING)]
fn is_evicted(text: String, dropped: Sender<String>) {
    drop((text, dropped));
}

#[fire_and_forget(backend = NARROW, on_full = "reject")]
fn comes_back(text: String) {
    drop(text);
}

#[test]
fn arguments_are_dropped_or_come_back_where_there_is_no_room() {
    let evicting = Gate::holding(holds);
    for number in 0..4 {
        is_evicted(number.to_string(), channel().0);
    }
    evicting.open();

    let gate = Gate::holding(passes);
    for _ in 0..2 {
        let _ = comes_back("waits".to_owned());
    }
    let rejected = comes_back("again".to_owned()).expect_err("the queue is full");
    assert_eq!(rejected.into_args(), ("again".to_owned(),));
    gate.open();
    flush(PATIENCE).wait().expect("all has ended");
}

#[test]
fn many_callers_launch_at_once() {
    let (ran, runs) = signal();
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let ran = ran.clone();
            begin(move || {
                for _ in 0..8 {
                    counts(ran.clone());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.end("a caller goes on");
    }
    runs.receive_many(24);
}

static WIDE: Pool = Pool::new("wide").threads(2).queue(64);

#[fire_and_forget(backend = WIDE)]
fn counts(ran: Sender<()>) {
    let _ = ran.send(());
}

#[test]
fn a_wait_is_dropped_and_awaited() {
    let mut wait = Box::pin(flush(PATIENCE));
    let mut context = Context::from_waker(std::task::Waker::noop());
    let _ = wait.as_mut().poll(&mut context);
    drop(wait);
    let wait = pin!(flush(PATIENCE));
    let _ = wait.poll(&mut context);
}
