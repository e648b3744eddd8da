//! Finds the lane of the runtime that a thread launches on, and makes it for the first launch.

use std::sync::Arc;

use ::tokio::runtime::{Handle, Id, RuntimeFlavor};

use super::dispatcher::Dispatcher;
use super::lane::{Lane, keep, last, token};
use super::list;
use super::shared::Shared;
use crate::backend::lane::state::ThreadToken;
use crate::backend::tokio::runtime;

/// Takes the lane of this thread's runtime for one launch.
///
/// Returns `None` if the caller is to spawn the launch itself: on a runtime that has ended, and before a runtime has started.
/// On a current-thread runtime, where tests rely on the order of tasks, the lane has no queue.
#[expect(clippy::inline_always, reason = "it has one caller, the launch path")]
#[inline(always)]
pub(in super::super) fn lane() -> Option<Lane> {
    let here = runtime::here();
    let handle = here.as_ref().or_else(|| runtime::elsewhere())?;
    if handle.runtime_flavor() != RuntimeFlavor::MultiThread {
        return here.map(|here| Lane {
            shared: None,
            token: None,
            runtime: Some(here),
        });
    }
    let token = match &here {
        Some(_) => Some(token()?),
        None => None,
    };
    let id = handle.id();
    let shared = last()
        .ok()?
        .filter(|it| it.runtime == id)
        .unwrap_or_else(|| find(handle, id, token));
    if shared.core.is_closed() {
        keep(shared);
        return None;
    }
    Some(Lane {
        shared: Some(shared),
        token,
        runtime: None,
    })
}

/// Finds the lane of this runtime in the list, or makes one and spawns its dispatcher.
#[cold]
#[inline]
fn find(handle: &Handle, id: Id, token: Option<ThreadToken>) -> Arc<Shared> {
    if let Some(found) = list::find(id) {
        return found;
    }
    // Allocated without the lock of the list, because a global allocator of the user's may launch and come here.
    let workers = handle.metrics().num_workers();
    let made = Arc::new(Shared::new(id, workers, token));
    let dispatcher = Dispatcher::new(Arc::clone(&made), handle.clone(), workers);
    if let Some(found) = list::add(&made) {
        // Closes the new lane, which no other thread has seen.
        drop(dispatcher);
        return found;
    }
    // A runtime that has ended drops the task at once, which closes the lane.
    drop(handle.spawn(dispatcher));
    made
}
