//! Launches that were evicted: their arguments' destructors are the user's code, which a pool of one thread runs. A caller
//! does so only where more are waiting than there is room for, or where there is no thread at all.

use std::cell::Cell;
use std::time::Duration;

use super::pool::Pool;
use crate::backend::Backend;
use crate::report::Loss;
use crate::sync::process::thread_local;
use crate::task::task::Task;

/// Drops an evicted launch on a thread that nobody waits for.
pub(super) fn evict(task: Task) {
    let mut task = Some(task);
    EVICTED.offer(&mut task);
    if let Some(task) = task {
        // More than that thread can drop: whoever evicts so fast has to help, or memory would grow.
        drop_in_place(task);
    }
}

static EVICTED: Pool = Pool::new("ff-evictions")
    .threads(1)
    .queue(1024)
    .keep_alive(KEEP_ALIVE)
    .losing(Loss::Evicted);

/// In schedules for ever, so that a lost wake-up is one.
const KEEP_ALIVE: Duration = if cfg!(fire_and_forget_shuttle) {
    Duration::MAX
} else {
    Duration::from_secs(10)
};

/// Drops an evicted launch on this thread, now or, in the destructors of another one, after it: each may launch and evict
/// the next, and the stack would not reach for all of them.
fn drop_in_place(task: Task) {
    // Taken out while it grows: an allocator may launch, and evict.
    if let Some(mut waiting) = WAITING.try_with(Cell::take).ok().flatten() {
        waiting.push(task);
        let _ = WAITING.try_with(|it| it.set(Some(waiting)));
        return;
    }
    let _ = WAITING.try_with(|it| it.set(Some(Vec::new())));
    let mut evicted = Some(task);
    while let Some(task) = evicted.take().or_else(next) {
        task.lose(Loss::Evicted);
    }
    let _ = WAITING.try_with(Cell::take);
}

/// What this thread is to drop next.
fn next() -> Option<Task> {
    let mut waiting = WAITING.try_with(Cell::take).ok()??;
    let next = waiting.pop();
    let _ = WAITING.try_with(|it| it.set(Some(waiting)));
    next
}

thread_local! {
    /// While this thread drops one: what else it has to drop.
    static WAITING: Cell<Option<Vec<Task>>> = const { Cell::new(None) };
}
