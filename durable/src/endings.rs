//! Runs code of the user's that the store's thread causes on other threads, so that it cannot delay heartbeats.
//!
//! To end a launch is such code: it calls an observer, a tracing subscriber and a metrics recorder. It runs on blocking
//! threads of the store's runtime, not of the bodies' runtime: all blocking threads there may wait for a launch to end.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// The threads that such code runs on. A clone is the same set.
#[derive(Clone)]
pub(crate) struct Endings {
    /// The store's runtime, on whose blocking threads the code runs.
    clock: Handle,
    /// The runtime of the bodies, which the code has entered.
    bodies: Handle,
    running: Arc<watch::Sender<usize>>,
}

impl Endings {
    pub(crate) fn new(clock: Handle, bodies: Handle) -> Self {
        Self {
            clock,
            bodies,
            running: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Runs code of the user's on a thread that it may block.
    pub(crate) fn run(&self, code: impl FnOnce() + Send + 'static) {
        let bodies = self.bodies.clone();
        let running = Running::new(self.running.clone());
        self.clock.spawn_blocking(move || {
            let _inside = bodies.enter();
            code();
            drop(running);
        });
    }

    /// Waits until none of the code runs.
    pub(crate) async fn over(&self) {
        // Fails only if the sender is gone, and `self` has it.
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Counts one call of code until it is dropped.
struct Running(Arc<watch::Sender<usize>>);

impl Running {
    fn new(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
