//! How far the end of the process has come, and whether this is still the process that launched: one number, which every
//! launch reads.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::sync::process::AtomicU32 as Shared;

/// May a launch go on to its backend?
#[inline]
pub(crate) fn admits(is_inside_a_body: fn() -> bool) -> bool {
    STATE.load(Ordering::SeqCst) == OPEN || admits_even_so(is_inside_a_body)
}

/// Apart from [`admits`], which is code of every launch.
#[cold]
#[inline(never)]
fn admits_even_so(is_inside_a_body: fn() -> bool) -> bool {
    if STATE.load(Ordering::SeqCst) & EXITED != 0 {
        return false;
    }
    match now() {
        OPEN => true,
        DRAINING => is_inside_a_body(),
        _ => false,
    }
}

/// Are launches from outside refused: because the shutdown has begun, the process exits, or this is a fork?
#[inline]
pub(crate) fn has_begun() -> bool {
    STATE.load(Ordering::SeqCst) != OPEN && has_begun_now()
}

#[cold]
#[inline(never)]
fn has_begun_now() -> bool {
    STATE.load(Ordering::SeqCst) & EXITED != 0 || now() != OPEN
}

/// Has the shutdown ended, one way or the other? Then nothing that is queued will run.
#[inline]
pub(crate) fn has_ended() -> bool {
    STATE.load(Ordering::SeqCst) != OPEN && has_ended_now()
}

#[cold]
#[inline(never)]
fn has_ended_now() -> bool {
    now() >= ENDED
}

/// Was this process forked from one that had launched? Then none of the threads is here, and any lock may be held by one
/// of them for ever.
///
/// Costs a system call. Known even where the C library has told nothing, because the fork began before the first launch.
pub(crate) fn is_forked() -> bool {
    now() == FORKED || is_found_forked()
}

/// The process exits, and has said what is unfinished: what would be launched from now on is refused, since nobody would hear
/// of it.
pub(crate) fn exits() {
    STATE.fetch_or(EXITED, Ordering::SeqCst);
}

/// The shutdown begins. `SeqCst` pairs with the load in [`admits`].
pub(super) fn drain() {
    STATE.fetch_or(DRAINING, Ordering::SeqCst);
}

/// The shutdown has ended.
pub(super) fn end() {
    STATE.fetch_or(ENDED, Ordering::SeqCst);
}

/// This is the process that launches: to be called before it does.
#[cfg(unix)]
pub(crate) fn is_here() {
    HOME.store(process::id(), Ordering::SeqCst);
}

/// This thread is about to fork: until that [is over](fork_is_over), this may be the new process.
#[cfg(unix)]
pub(crate) fn fork_begins() {
    STATE.fetch_add(FORK, Ordering::SeqCst);
}

/// This thread has forked, or has failed to, and this is the old process.
#[cfg(unix)]
pub(crate) fn fork_is_over() {
    // Older C libraries call those handlers, too, that were registered in the middle of the fork, and did not see it begin.
    let one_less = |state| (state & FORKS != 0).then(|| state - FORK);
    let _ = STATE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
}

/// This process has been forked from one that had launched. The forks that were under way stay counted: one that begins
/// in here is over in here.
pub(crate) fn forked() {
    STATE.fetch_or(FORKED, Ordering::SeqCst);
}

/// The phase that this process is in. While a fork is under way it may be the new one, which runs code of the user's
/// (`pthread_atfork`) before it is told.
pub(super) fn now() -> u32 {
    let state = STATE.load(Ordering::SeqCst) & !EXITED;
    let phase = state & FORKED;
    if phase != state && phase != FORKED && is_found_forked() {
        FORKED
    } else {
        phase
    }
}

/// Is this not the process that [launches](is_here)? Then that is remembered.
///
/// Not seen of a process that is the first one of a new PID namespace, as its parent is of another.
fn is_found_forked() -> bool {
    let home = HOME.load(Ordering::SeqCst);
    let is_forked = home != NOWHERE && home != process::id();
    if is_forked {
        forked();
    }
    is_forked
}

/// The phase, which goes from `OPEN` to `DRAINING` to `ENDED` and never back, and in a fork from any of them to `FORKED`;
/// and below it, in units of `FORK`, how many threads are in the middle of a fork. Each phase has the bits of those before, so
/// that none is lost, whatever else changes: bits are set, and forks are counted.
static STATE: Shared = Shared::new(OPEN);
/// No fork is under way: launches compare with this alone.
pub(super) const OPEN: u32 = 0;
/// Set by [`shutdown`](super::shutdown): only launches from inside running bodies are admitted.
pub(super) const DRAINING: u32 = 0b001 << 29;
/// Set by the service thread, at quiet or at the deadline: nothing is admitted, what is queued is abandoned.
pub(super) const ENDED: u32 = 0b011 << 29;
/// Set by the process itself when it is forked: nothing is admitted, and nobody is there who could do anything.
const FORKED: u32 = 0b111 << 29;
/// Set at the exit of the process, in any phase: nothing is admitted.
const EXITED: u32 = 1 << 28;
/// No system has as many threads as there is room for.
#[cfg(unix)]
const FORK: u32 = 1;
#[cfg(unix)]
const FORKS: u32 = EXITED - 1;

/// The process that launches, by its number.
static HOME: AtomicU32 = AtomicU32::new(NOWHERE);
/// Nobody has launched, or no process can be forked.
const NOWHERE: u32 = 0;
