//! Further tasks of ours that spawn launches, while more of them wait than the dispatcher spawns at a time.
//!
//! The dispatcher calls the first helper, each helper calls the next, and one that finds no launch sleeps. Nothing depends on
//! them: the dispatcher goes on until the queue is empty. With a helper, each of two workers spawns most of what it runs, and
//! frees the memory of a task where it was allocated: of the bodies that a task launches, one and a half times as many run in
//! the same time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use ::tokio::runtime::Handle;

use super::shared::{MOST_AT_A_TIME, Shared};
use crate::backend::lane::core::Found;

/// Calls the helper of this number, if there is one, it sleeps, and there may be a launch for it.
pub(super) fn call(number: usize, lane: &Arc<Shared>, handle: &Handle) {
    let Some(state) = lane.helpers.get(number) else {
        return;
    };
    if state.is_awake.load(Ordering::Relaxed) || !lane.core.looks_ready() {
        return;
    }
    // Acquire pairs with the store in `Helper::poll`: the caller sees the waker of a helper that sleeps.
    if state.is_awake.swap(true, Ordering::Acquire) {
        return;
    }
    match state.waker.get() {
        Some(waker) => waker.wake_by_ref(),
        None => drop(handle.spawn(Helper {
            number,
            lane: Arc::clone(lane),
            handle: handle.clone(),
        })),
    }
}

/// A task that spawns launches beside the dispatcher.
struct Helper {
    number: usize,
    lane: Arc<Shared>,
    handle: Handle,
}

impl Future for Helper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            number,
            lane,
            handle,
        } = &*self;
        let state = &lane.helpers[*number];
        // All wakers of a task wake the same task, so the first one serves for ever.
        state.waker.get_or_init(|| cx.waker().clone());
        if lane.core.help(MOST_AT_A_TIME, &lane.with(Some(handle))) == Found::Much {
            call(number + 1, lane, handle);
            cx.waker().wake_by_ref();
        } else {
            // A caller that comes now wakes this task while it runs, so it runs again.
            state.is_awake.store(false, Ordering::Release);
        }
        Poll::Pending
    }
}
