//! What a launch from this thread does: as ever, or as a test asked.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use crate::account::site::Site;
use crate::launch::rejected::Refusal;
use crate::sync::with_room;
use crate::testing::launcher::{Asked, Launched};
use crate::testing::store::Store;

/// What a test asked of the launches of its threads.
#[derive(Debug)]
pub(super) struct Mode {
    pub(super) coverage: Coverage,
    pub(super) action: Action,
}

/// Which launches of its threads a mode means.
#[derive(Debug)]
pub(super) enum Coverage {
    /// All of them.
    All,
    /// Those of one function. Goes before all others, so that it does not matter which of them was entered first.
    Only(Asked),
    /// Those of a call that names a function. No mode around it reaches into the call.
    Call,
}

/// What becomes of those launches.
#[derive(Debug)]
pub(super) enum Action {
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

/// What this thread's launches of a function do, if it is not what they always do: what the innermost mode of that function
/// says, or else the innermost of all functions.
#[cold]
pub(super) fn here(function: Launched, site: &'static Site) -> Option<Arc<Mode>> {
    // A thread that is ending has none any more.
    let depth = HERE.try_with(|here| here.borrow().len()).unwrap_or(0);
    // One by one, outside the borrow: to compare names may allocate, and an allocator of the user's may launch.
    let at = |index: usize| HERE.try_with(|here| here.borrow().get(index).and_then(Entered::mode));
    let mut of_all = None;
    for index in (0..depth).rev() {
        let Some(mode) = at(index).ok().flatten() else {
            continue;
        };
        match mode.coverage {
            Coverage::Only(asked) if asked.is(function, site) => return Some(mode),
            Coverage::Only(_) => {}
            Coverage::All => of_all = of_all.or(Some(mode)),
            Coverage::Call => return of_all.or(Some(mode)),
        }
    }
    of_all
}

/// Has this thread's launches go by `mode` while there is one, until the guard is dropped.
pub(super) fn enter(mode: Weak<Mode>) -> Guard {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    MODES.fetch_add(1, Ordering::Relaxed);
    HERE.with(|here| with_room(|| here.borrow_mut(), |modes| modes).push(Entered { id, mode }));
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
        mem::forget(self);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Guards may be dropped in any order, and with the thread.
        let left = HERE.try_with(|here| {
            let mut modes = here.borrow_mut();
            let place = modes.iter().position(|it| it.id == self.id);
            place.map(|place| modes.remove(place))
        });
        // It may have been the last that knew of its mode, and releases it, which calls an allocator of the user's.
        drop(left);
        MODES.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Entered {
    id: u64,
    mode: Weak<Mode>,
}

impl Entered {
    /// Its mode, unless what it belongs to has gone.
    fn mode(&self) -> Option<Arc<Mode>> {
        let mode = self.mode.upgrade()?;
        match &mode.action {
            Action::Capture(store) if store.is_closed() => None,
            _ => Some(mode),
        }
    }
}

/// How many there are in the process.
static MODES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HERE: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}
