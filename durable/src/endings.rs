//! Code of the user's that the store's thread causes: it runs on other threads, so that none of it holds heartbeats up.
//!
//! The end of a launch is such code: an observer hears of it, a subscriber has its span closed, a recorder counts it.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Where it runs. A clone is the same place.
#[derive(Clone)]
pub(crate) struct Endings {
    /// Its threads for what blocks: those of the bodies may all wait for a launch to end.
    clock: Handle,
    /// What the code finds as its runtime.
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

    /// Has code of the user's run, on a thread that may be blocked.
    pub(crate) fn run(&self, code: impl FnOnce() + Send + 'static) {
        let bodies = self.bodies.clone();
        let running = Running::new(self.running.clone());
        self.clock.spawn_blocking(move || {
            let _inside = bodies.enter();
            code();
            drop(running);
        });
    }

    /// Waits until nothing of it runs.
    pub(crate) async fn over(&self) {
        // The sender is here.
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// One that has not ended.
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
