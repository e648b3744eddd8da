//! What each thread of a pool does: it runs launches, and at the end of a shutdown drops them as lost.

use super::core::{Core, System};
use crate::report::Loss;
use crate::stop::phase;
use crate::task::task::Task;

/// Runs launches, or drops them if the pool `loses` them, until the thread has been idle for too long, or the shutdown has
/// ended.
pub(super) fn run(
    core: &'static Core<Task>,
    system: &'static impl System,
    worker_id: usize,
    loses: Option<Loss>,
) {
    let mut worker = core.register(worker_id, system);
    worker.work(|slot, taken| {
        match loses.or_else(|| phase::has_ended().then_some(Loss::Abandoned)) {
            None => Task::run_from(slot, taken),
            Some(lost_as) => {
                let task = slot.into_item();
                taken();
                task.lose(lost_as);
            }
        }
    });
}
