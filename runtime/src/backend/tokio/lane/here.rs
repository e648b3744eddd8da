//! Finds the lane of the runtime that a thread launches on.
//!
//! A thread keeps the lane that it used last in a thread-local, so most launches take no lock and touch no reference count.
//! Other lanes are in a list under a lock. A lane leaves the list when its runtime drops our task; a thread may keep a closed
//! lane in its thread-local, and then finds it closed.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use ::tokio::runtime::{Handle, Id, RuntimeFlavor};

use super::lane::{Dispatcher, Lane, Shared};
use crate::backend::lane::state::ThreadToken;
use crate::backend::tokio::runtime;
use crate::sync::{lock, lock_with_room};

/// Takes the lane of this thread's runtime for one launch.
///
/// Returns `None` if the caller is to spawn the launch itself: on a current-thread runtime, where tests rely on the order of
/// tasks, on a runtime that has ended, and before a runtime has started.
#[inline]
pub(in super::super) fn lane() -> Option<Lane> {
    let here = runtime::here();
    let handle = here.as_ref().or_else(|| runtime::elsewhere())?;
    if handle.runtime_flavor() != RuntimeFlavor::MultiThread {
        return None;
    }
    let token = match &here {
        Some(_) => Some(token()?),
        None => None,
    };
    let id = handle.id();
    let last = LAST.try_with(Cell::take).ok()?;
    let shared = last
        .filter(|it| it.runtime == id)
        .unwrap_or_else(|| find(handle, id, token));
    let lane = Lane {
        shared: Some(shared),
        token,
    };
    let is_closed = lane.shared.as_ref().is_some_and(|it| it.core.is_closed());
    (!is_closed).then_some(lane)
}

/// Keeps a lane in this thread for its next launch.
pub(super) fn keep(shared: Arc<Shared>) {
    // Replaces a lane that a nested launch has kept meanwhile. At the end of the thread, the lane is dropped.
    let _ = LAST.try_with(|last| last.set(Some(shared)));
}

/// Removes a lane whose runtime ends from the list.
pub(super) fn forget(shared: &Arc<Shared>) {
    let mut lanes = lock(&LANES);
    let place = lanes.iter().position(|it| Arc::ptr_eq(it, shared));
    let forgotten = place.map(|place| lanes.swap_remove(place));
    drop(lanes);
    drop(forgotten);
}

/// Finds the lane of this runtime in the list, or makes one and spawns its task.
#[cold]
fn find(handle: &Handle, id: Id, token: Option<ThreadToken>) -> Arc<Shared> {
    let of_runtime = |lanes: &[Arc<Shared>]| lanes.iter().find(|it| it.runtime == id).cloned();
    if let Some(found) = of_runtime(&lock(&LANES)) {
        return found;
    }
    // Allocated without the lock, because a global allocator of the user's may launch and come here.
    let made = Arc::new(Shared::new(id, token));
    let threads = handle.metrics().num_workers();
    let dispatcher = Dispatcher::new(Arc::clone(&made), threads);
    let mut lanes = lock_with_room(&LANES);
    if let Some(found) = of_runtime(&lanes) {
        drop(lanes);
        // Closes the new lane, which no other thread has seen.
        drop(dispatcher);
        return found;
    }
    lanes.push(Arc::clone(&made));
    drop(lanes);
    // A runtime that has ended drops the task at once, which closes the lane.
    drop(handle.spawn(dispatcher));
    made
}

/// Returns a token that no other thread has; `None` if this thread ends and its thread-locals are gone.
fn token() -> Option<ThreadToken> {
    let address = LAST.try_with(|last| std::ptr::from_ref(last).addr()).ok()?;
    Some(ThreadToken::new(address as u64))
}

thread_local! {
    /// The lane that this thread launched on last; empty while a launch uses it.
    static LAST: Cell<Option<Arc<Shared>>> = const { Cell::new(None) };
}

/// The lanes of all runtimes that have not ended.
static LANES: Mutex<Vec<Arc<Shared>>> = Mutex::new(Vec::new());
