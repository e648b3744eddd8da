//! What each thread of a pool does: it runs launches, or loses them, as evicted ones or at the end of a shutdown.

use super::core::{Core, System};
use crate::report::Loss;
use crate::task::task::Task;

/// Runs launches until the thread has been idle for too long, or the shutdown has ended. `loss` says of each whether it is
/// lost in place of being run.
pub(super) fn run(
    core: &'static Core<Task>,
    system: &'static impl System,
    worker_id: usize,
    loss: impl Fn() -> Option<Loss>,
) {
    let mut worker = core.register(worker_id, system);
    worker.work(|slot, taken| match loss() {
        None => Task::run_from(slot, taken),
        Some(loss) => {
            let task = slot.into_item();
            taken();
            task.lose(loss);
        }
    });
}
