//! What a launch from this thread does: as ever, or as a test asked.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::rejected::Refusal;
use crate::testing::store::Store;

/// What a test asked of the launches of its thread.
#[derive(Debug, Clone)]
pub(super) enum Mode {
    /// They wait here.
    Capture(Arc<Store>),
    /// They are refused.
    Refuse(Refusal),
    /// They panic.
    Forbid,
}

/// Does any thread have a mode? If not, a launch looks no further.
#[inline]
pub(super) fn is_used() -> bool {
    // A thread sees what it has added itself, and what was added before it was created, in whatever order.
    MODES.load(Ordering::Relaxed) > 0
}

/// What this thread's launches do, if it is not what they always do.
#[cold]
pub(super) fn here() -> Option<Mode> {
    // A thread that is ending has none any more.
    let innermost = HERE.try_with(|here| here.borrow().iter().rev().find_map(Entered::mode));
    innermost.ok().flatten()
}

/// Has this thread's launches go by `mode`, until the guard is dropped. The innermost decides.
pub(super) fn enter(mode: Mode) -> Guard {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    MODES.fetch_add(1, Ordering::Relaxed);
    HERE.with(|here| here.borrow_mut().push(Entered { id, mode }));
    Guard {
        id,
        not_send: PhantomData,
    }
}

/// Until it is dropped, the thread is in a mode.
#[derive(Debug)]
pub(super) struct Guard {
    id: u64,
    /// It is this thread that leaves.
    not_send: PhantomData<*const ()>,
}

impl Guard {
    /// Stays in the mode until the thread ends.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let removed = HERE.try_with(|here| {
            let mut here = here.borrow_mut();
            // Guards may be dropped in any order.
            let at = here.iter().rposition(|it| it.id == self.id);
            at.map(|at| here.remove(at))
        });
        MODES.fetch_sub(1, Ordering::Relaxed);
        // What it held may be the last of a capture: code of the user's, which may launch.
        drop(removed);
    }
}

#[derive(Debug)]
struct Entered {
    id: u64,
    mode: Mode,
}

impl Entered {
    /// Its mode, unless what it belongs to has gone.
    fn mode(&self) -> Option<Mode> {
        match &self.mode {
            Mode::Capture(store) if store.open().is_none() => None,
            mode => Some(mode.clone()),
        }
    }
}

/// How many there are in the process.
static MODES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HERE: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}
