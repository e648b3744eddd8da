//! The call itself: made twice, made before any launch, its wait dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use fire_and_forget::{flush, shutdown};
use waiting::{Gate, PATIENCE, begin, wait_until};

use super::bodies::{on_pool, passes};
use crate::counts;

crate::scenarios!(
    shutdown_twice,
    shutdown_without_launches,
    shutdown_that_is_dropped,
    shutdown_whose_wakers_panic_when_they_are_dropped,
    #[cfg(feature = "durable")]
    shutdown_whose_watchers_have_wakers_that_panic,
    #[cfg(feature = "durable")]
    shutdown_whose_end_is_watched,
);

fn shutdown_twice() {
    let gate = Gate::new();
    passes(gate.pass());
    let first = shutdown(PATIENCE);
    // With a deadline of its own this one would fail.
    let second = begin(|| shutdown(Duration::ZERO).wait());
    let third = shutdown(Duration::ZERO);
    gate.open();
    third.wait().unwrap();
    second.end("the second call waits with the first").unwrap();
    first.wait().unwrap();
    shutdown(Duration::ZERO).wait().unwrap();
    flush(Duration::ZERO).wait().unwrap();
}

fn shutdown_without_launches() {
    shutdown(Duration::ZERO).wait().unwrap();
    on_pool();
    assert_eq!(
        counts("scenario::stop::shutdown::bodies::on_pool"),
        [1, 0, 0, 0, 0, 1]
    );
}

#[expect(unused_must_use, reason = "the shutdown goes on without its wait")]
fn shutdown_that_is_dropped() {
    let gate = Gate::new();
    passes(gate.pass());
    shutdown(PATIENCE);
    on_pool();
    gate.open();
    wait_until("the body ends", || {
        counts("scenario::stop::shutdown::bodies::passes") == [1, 1, 0, 0, 0, 0]
    });
    assert_eq!(
        counts("scenario::stop::shutdown::bodies::on_pool"),
        [1, 0, 0, 0, 0, 1]
    );
}

/// Two tasks wait for the same: the panic of one must not come while that of the other unwinds.
fn shutdown_whose_wakers_panic_when_they_are_dropped() {
    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::mem::forget(self);
        }

        fn wake_by_ref(self: &Arc<Self>) {}
    }

    impl Drop for Panics {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
            std::panic::resume_unwind(Box::new("without a word from the hook"));
        }
    }

    static DROPPED: AtomicU32 = AtomicU32::new(0);

    let gate = Gate::new();
    passes(gate.pass());
    let mut waits = [shutdown(PATIENCE), shutdown(PATIENCE)];
    for wait in &mut waits {
        let waker = Waker::from(Arc::new(Panics));
        let polled = Pin::new(wait).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    gate.open();
    shutdown(PATIENCE).wait().unwrap();
    for wait in waits {
        wait.wait().unwrap();
    }
    wait_until("both are dropped", || DROPPED.load(Ordering::SeqCst) == 2);
}

/// Two tasks of a store wait for it to begin: the panic of one must not come while that of the other unwinds.
#[cfg(feature = "durable")]
fn shutdown_whose_watchers_have_wakers_that_panic() {
    struct Panics {
        at_wake: bool,
    }

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            WOKEN.fetch_add(1, Ordering::SeqCst);
            if self.at_wake {
                std::panic::resume_unwind(Box::new("without a word from the hook"));
            }
        }
    }

    impl Drop for Panics {
        fn drop(&mut self) {
            if !self.at_wake {
                std::panic::resume_unwind(Box::new("without a word from the hook"));
            }
        }
    }

    static WOKEN: AtomicU32 = AtomicU32::new(0);

    let mut watchers = [true, false].map(|at_wake| {
        let waker = Waker::from(Arc::new(Panics { at_wake }));
        let mut watcher = Box::pin(fire_and_forget::durable::stopping());
        let polled = watcher.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        // The watcher has the last one.
        drop(waker);
        watcher
    });
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(WOKEN.load(Ordering::SeqCst), 2);
    for watcher in &mut watchers {
        let mut context = Context::from_waker(Waker::noop());
        assert!(watcher.as_mut().poll(&mut context).is_ready());
    }
}

/// A task of a store waits for the end, and has the same waker all the time: the beginning wakes it, and the end wakes it again.
#[cfg(feature = "durable")]
fn shutdown_whose_end_is_watched() {
    struct Counts;

    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            WOKEN.fetch_add(1, Ordering::SeqCst);
        }
    }

    static WOKEN: AtomicU32 = AtomicU32::new(0);

    let gate = Gate::new();
    passes(gate.pass());
    let waker = Waker::from(Arc::new(Counts));
    let mut context = Context::from_waker(&waker);
    let mut end = Box::pin(fire_and_forget::durable::ended());
    assert!(end.as_mut().poll(&mut context).is_pending());
    let shutdown = shutdown(PATIENCE);
    wait_until("the beginning wakes it", || {
        WOKEN.load(Ordering::SeqCst) > 0
    });
    let mut gate = Some(gate);
    loop {
        let woken = WOKEN.load(Ordering::SeqCst);
        if end.as_mut().poll(&mut context).is_ready() {
            break;
        }
        // Opened after a poll that found no end.
        if let Some(gate) = gate.take() {
            gate.open();
        }
        wait_until("it is woken again", || WOKEN.load(Ordering::SeqCst) > woken);
    }
    shutdown.wait().unwrap();
}
