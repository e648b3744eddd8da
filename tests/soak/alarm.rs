//! Futures that are woken at once, or by another thread.

use std::future::poll_fn;
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::task::{Poll, Waker};

use crate::process::start_thread;

/// Is ready when it is polled again.
pub(crate) async fn wait(is_woken_elsewhere: bool) {
    let mut has_waited = false;
    poll_fn(|context| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        if is_woken_elsewhere {
            // The other side is never dropped.
            let _ = WAKERS.send(context.waker().clone());
        } else {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
}

static WAKERS: LazyLock<Sender<Waker>> = LazyLock::new(|| {
    let (sender, wakers) = channel::<Waker>();
    start_thread("alarm", move || wakers.into_iter().for_each(Waker::wake));
    sender
});
