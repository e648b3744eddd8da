//! Blocks the calling thread on a future.
//!
//! The thread parks while the future is pending. A flag in the waker says that the future wants to be polled, because the
//! thread is also unparked for other reasons.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::process::AtomicBool;
use crate::sync::process::thread::{self, Thread};

/// Polls the future until it is ready, and parks the thread in between.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let thread = Arc::new(ThreadWaker {
        thread: thread::current(),
        is_set: AtomicBool::new(false),
    });
    let waker = Waker::from(thread.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        // The thread is unparked for other reasons, too; only the flag says that the future wants to be polled.
        while !thread.is_set.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Unparks a thread, once for each poll that is wanted.
struct ThreadWaker {
    thread: Thread,
    is_set: AtomicBool,
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // `Release` pairs with the `Acquire` swap in `block_on`: the next poll sees what the waking thread did before.
        if !self.is_set.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}
