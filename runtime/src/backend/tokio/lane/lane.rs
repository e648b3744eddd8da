//! The lane of a runtime, as a launch uses it.
//!
//! A caller fills a slot, and the protocol (`backend/lane/core.rs`) says whether to wake the dispatcher, to do nothing,
//! or to spawn what is queued itself. The thread keeps the lane for its next launch, so most launches take no lock and touch
//! no reference count.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::thread::AccessError;

use ::tokio::runtime::Handle;

use super::shared::Shared;
use crate::backend::lane::state::ThreadToken;
use crate::queue::ring::Vacant;
use crate::task::task::Task;

/// The lane of a runtime, lent to a thread for one launch. Its destructor puts it back for the thread's next one.
///
/// On a current-thread runtime it has no queue, and the launch is spawned at once.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the launch path alone")]
pub struct Lane {
    /// `None` without a queue, and once it has been put back.
    pub(super) shared: Option<Arc<Shared>>,
    /// The token of this thread, if it is in the runtime.
    pub(super) token: Option<ThreadToken>,
    /// The runtime, if there is no queue.
    pub(super) runtime: Option<Handle>,
}

impl Lane {
    /// Claims a slot for one launch; `None` if there is no queue or it is full.
    ///
    /// The caller fills the slot at once, and then calls [`filled`](Self::filled).
    #[inline]
    pub(crate) fn claim(&self) -> Option<Vacant<'_, Task>> {
        self.shared.as_ref()?.core.claim()
    }

    /// Returns the runtime to spawn on, if there is no queue.
    #[inline]
    pub(crate) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }

    /// Wakes the dispatcher, or spawns what is queued, if a slot that was just filled would otherwise stay unseen.
    #[inline]
    pub(crate) fn filled(self) {
        // A destructor would be one more page of code to load: see `benches/README.md`. What has a queue has no handle.
        let mut this = ManuallyDrop::new(self);
        if let Some(shared) = this.shared.take() {
            shared.core.filled(this.token, &shared.with(None));
            keep(shared);
        }
    }
}

impl Drop for Lane {
    #[inline]
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            keep(shared);
        }
    }
}

/// Takes the lane that this thread launched on last, if it has one that is not in use. The error says that this thread ends
/// and its thread-locals are gone.
#[inline]
pub(super) fn last() -> Result<Option<Arc<Shared>>, AccessError> {
    LAST.try_with(Cell::take)
}

/// Keeps a lane in this thread for its next launch.
#[inline]
pub(super) fn keep(shared: Arc<Shared>) {
    // Replaces a lane that a nested launch has kept meanwhile. At the end of the thread, the lane is dropped.
    let _ = LAST.try_with(|last| last.set(Some(shared)));
}

/// Returns a token that no other thread has; `None` if this thread ends and its thread-locals are gone.
#[inline]
pub(super) fn token() -> Option<ThreadToken> {
    let address = LAST.try_with(|last| std::ptr::from_ref(last).addr()).ok()?;
    Some(ThreadToken::new(address as u64))
}

thread_local! {
    /// The lane that this thread launched on last; empty while a launch uses it. It may have been closed since.
    static LAST: Cell<Option<Arc<Shared>>> = const { Cell::new(None) };
}
