//! Drives a future on the thread that calls.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::process::AtomicBool;
use crate::sync::process::thread::{self, Thread};

/// Polls the future to its end, parking the thread while it is pending.
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
        // Others unpark this thread, too: only the flag says that the future wants to be polled.
        while !thread.is_set.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

struct ThreadWaker {
    thread: Thread,
    is_set: AtomicBool,
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release pairs with the swap in `block_on`: what the waking thread did is seen by the next poll.
        if !self.is_set.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}
