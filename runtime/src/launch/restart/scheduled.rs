//! The pauses of daemons that are launched again, which the service thread keeps.

use std::time::Duration;

use crate::service::service::{self, Background};
use crate::stop::phase;
use crate::sync::process::{AtomicBool, Instant, Mutex};
use crate::sync::{lock, lock_with_room};
use crate::thread::unwind;

/// Has the service thread call `launch` after a pause, unless a shutdown begins before.
pub(super) fn schedule(pause: Duration, launch: Box<dyn FnOnce() + Send>) {
    if phase::has_begun() {
        return;
    }
    service::register_once(&IS_REGISTERED, &RESTARTS);
    let at = Instant::now() + pause;
    lock_with_room(&RESTARTS.waiting).push((at, launch));
    service::wake_or_retry();
}

/// The daemons whose pause is not over.
struct Restarts {
    waiting: Mutex<Vec<Waiting>>,
}

impl Background for Restarts {
    /// Launches each daemon whose pause is over. Drops all of them once a shutdown has begun.
    fn maintain(&'static self, now: Instant) -> Option<Instant> {
        loop {
            let is_over = phase::has_begun();
            let mut waiting = lock(&self.waiting);
            let Some(index) = waiting.iter().position(|(at, _)| is_over || *at <= now) else {
                return waiting.iter().map(|(at, _)| *at).min();
            };
            let (_, launch) = waiting.swap_remove(index);
            drop(waiting);
            // Caught for each daemon alone: the arguments, and maybe the backend, are the user's and may panic.
            let _ = unwind::catch(|| {
                if is_over {
                    drop(launch);
                } else {
                    launch();
                }
            });
        }
    }

    fn has_threads(&self) -> bool {
        false
    }
}

type Waiting = (Instant, Box<dyn FnOnce() + Send>);
static RESTARTS: Restarts = Restarts {
    waiting: Mutex::new(Vec::new()),
};
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
