//! The mode of a thread: whether its launches run, are captured, are refused or panic.

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

/// A mode that a test asked for.
#[derive(Debug)]
pub(super) struct Mode {
    pub(super) coverage: Coverage,
    pub(super) action: Action,
}

/// The launches that a mode affects.
#[derive(Debug)]
pub(super) enum Coverage {
    /// All launches of the thread.
    All,
    /// The launches of one function. This mode comes before the others, in whatever order they were entered.
    Only(Asked),
    /// The launches of a call that names a function. No outer mode affects that call.
    Call,
}

/// What a mode does with a launch.
#[derive(Debug)]
pub(super) enum Action {
    /// Puts it into this capture.
    Capture(Arc<Store>),
    /// Refuses it.
    Refuse(Refusal),
    /// Panics.
    Forbid,
}

/// Returns whether any thread has a mode. If not, a launch looks no further.
#[inline]
pub(super) fn is_used() -> bool {
    // `Relaxed` is enough: a thread sees its own additions, and those made before it was created.
    MODES.load(Ordering::Relaxed) > 0
}

/// Returns what a launch of this function does on this thread, if it does not run as usual. The innermost mode of the
/// function decides, or else the innermost mode of all functions.
#[cold]
pub(super) fn here(function: Launched, site: &'static Site) -> Option<Arc<Mode>> {
    // A thread that is ending has no modes.
    let depth = HERE.try_with(|here| here.borrow().len()).unwrap_or(0);
    // Modes are copied one by one, so that nothing is borrowed: comparing names may allocate, and an allocator of the
    // user's may launch.
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

/// Puts this thread into a mode until the guard is dropped. A mode that has ended has no effect.
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

/// The thread is in a mode while this exists.
#[derive(Debug)]
pub(super) struct Guard {
    id: u64,
    /// Only the thread that entered the mode may leave it.
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
        // Guards may be dropped in any order, also by the end of the thread.
        let left = HERE.try_with(|here| {
            let mut modes = here.borrow_mut();
            let place = modes.iter().position(|it| it.id == self.id);
            place.map(|place| modes.remove(place))
        });
        // This may free the mode, which calls an allocator of the user's, so the borrow has ended.
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
    /// Returns the mode, unless its owner has been dropped.
    fn mode(&self) -> Option<Arc<Mode>> {
        let mode = self.mode.upgrade()?;
        match &mode.action {
            Action::Capture(store) if store.is_closed() => None,
            _ => Some(mode),
        }
    }
}

/// The number of modes that threads are in, in the whole process.
static MODES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HERE: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}
