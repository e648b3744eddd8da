//! The lane of the runtime that this thread launches on.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use ::tokio::runtime::{Handle, Id, RuntimeFlavor};

use super::lane::{Dispatcher, Lane, Shared};
use crate::backend::lane::state::ThreadToken;
use crate::backend::tokio::runtime;
use crate::sync::{lock, lock_with_room};

/// None where launches are spawned at once: on a current-thread runtime, on one that has ended, and where there is none yet.
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

/// This thread launches on it again soon.
pub(super) fn keep(shared: Arc<Shared>) {
    // Where a launch on the way has left another there, or the thread is at its end, one of them goes.
    let _ = LAST.try_with(|last| last.set(Some(shared)));
}

/// Its runtime ends.
pub(super) fn forget(shared: &Arc<Shared>) {
    let mut lanes = lock(&LANES);
    let place = lanes.iter().position(|it| Arc::ptr_eq(it, shared));
    let forgotten = place.map(|place| lanes.swap_remove(place));
    drop(lanes);
    drop(forgotten);
}

/// Finds the lane of this runtime, or makes one, and the task for it.
#[cold]
fn find(handle: &Handle, id: Id, token: Option<ThreadToken>) -> Arc<Shared> {
    let of_runtime = |lanes: &[Arc<Shared>]| lanes.iter().find(|it| it.runtime == id).cloned();
    if let Some(found) = of_runtime(&lock(&LANES)) {
        return found;
    }
    // Made before it is entered: an allocator may launch.
    let made = Arc::new(Shared::new(id, token));
    let threads = handle.metrics().num_workers();
    let dispatcher = Dispatcher::new(Arc::clone(&made), threads);
    let mut lanes = lock_with_room(&LANES);
    if let Some(found) = of_runtime(&lanes) {
        drop(lanes);
        // That closes a lane that nobody has seen.
        drop(dispatcher);
        return found;
    }
    lanes.push(Arc::clone(&made));
    drop(lanes);
    // Where the runtime has ended, this drops it, which closes the lane.
    drop(handle.spawn(dispatcher));
    made
}

/// Tells this thread from others. None where it is at its end.
fn token() -> Option<ThreadToken> {
    let address = LAST.try_with(|last| std::ptr::from_ref(last).addr()).ok()?;
    Some(ThreadToken::new(address as u64))
}

thread_local! {
    /// The lane that this thread launched on last, while no launch uses it.
    static LAST: Cell<Option<Arc<Shared>>> = const { Cell::new(None) };
}

/// Those of the runtimes that have not ended.
static LANES: Mutex<Vec<Arc<Shared>>> = Mutex::new(Vec::new());
