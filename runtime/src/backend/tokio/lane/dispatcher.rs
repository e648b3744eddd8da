//! The task of ours that spawns the launches of its runtime, 64 at a time.
//!
//! Without a launch it spins for as long as that has lately paid, and sleeps. While more launches wait than it spawns at a
//! time, it calls its helpers. When its runtime ends, it is dropped: it closes the queue, and drops the launches in it, which
//! are reported as lost.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::tokio::runtime::Handle;

use super::shared::{MOST_AT_A_TIME, Shared};
use super::{helpers, list};
use crate::backend::lane::core::Found;
use crate::backend::pool::spin::SpinPolicy;
use crate::stop::phase;
use crate::sync::process::Instant;

/// The task of ours that spawns the launches of its runtime.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    handle: Handle,
    /// How long to spin on an empty queue. `None` on a runtime of one worker, since no other worker could launch meanwhile.
    spin: Option<SpinPolicy>,
    /// How often it has slept since the clock was read.
    sleeps: u32,
    counted_since: Option<Instant>,
}

impl Dispatcher {
    pub(super) fn new(shared: Arc<Shared>, handle: Handle, workers: usize) -> Self {
        Self {
            shared,
            handle,
            spin: (workers > 1).then(SpinPolicy::new),
            sleeps: 0,
            counted_since: None,
        }
    }

    /// Spawns what is queued. Returns whether to yield and look again; otherwise the dispatcher sleeps until it is woken.
    #[inline]
    fn look(&mut self) -> bool {
        let shared = &*self.shared;
        loop {
            match shared
                .core
                .look(MOST_AT_A_TIME, &shared.with(Some(&self.handle)))
            {
                Found::Much => {
                    helpers::call(0, &self.shared, &self.handle);
                    return true;
                }
                // The task spawned last lies in this worker's LIFO slot, which no other worker takes from: yield to it.
                Found::All if self.spin.as_ref().is_some_and(SpinPolicy::pays) => return true,
                Found::All => {}
                Found::Nothing => {
                    if let Some(spin) = &mut self.spin
                        && spin.spin(|| shared.core.looks_ready(), phase::has_ended)
                    {
                        continue;
                    }
                }
            }
            return !shared.core.sleep();
        }
    }

    /// Counts the sleeps, and notes how long the last ones took on average.
    #[inline]
    fn sleeps(&mut self) {
        let Some(spin) = &mut self.spin else {
            return;
        };
        self.sleeps += 1;
        if self.sleeps == SLEEPS_PER_CLOCK_READ {
            self.sleeps = 0;
            let now = Instant::now();
            if let Some(since) = self.counted_since.replace(now) {
                let each = now.saturating_duration_since(since) / SLEEPS_PER_CLOCK_READ;
                spin.parked(each, SLEEPS_PER_CLOCK_READ);
            }
        }
    }
}

impl Future for Dispatcher {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // All wakers of a task wake the same task, so the first one serves for ever.
        self.shared.waker.get_or_init(|| cx.waker().clone());
        if self.look() {
            cx.waker().wake_by_ref();
        } else {
            self.sleeps();
        }
        Poll::Pending
    }
}

impl Drop for Dispatcher {
    /// Closes the lane, because its runtime ends.
    fn drop(&mut self) {
        list::forget(&self.shared);
        self.shared.core.close(drop);
    }
}

/// The clock is read only now and then, because a launch that comes alone waits for what the dispatcher does before it sleeps.
const SLEEPS_PER_CLOCK_READ: u32 = 8;
