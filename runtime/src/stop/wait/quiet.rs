//! Whether anything is in flight.

use std::sync::atomic::Ordering;

use crate::account::functions;
use crate::account::site::Site;
use crate::service::service;
use crate::sync::process::AtomicUsize;

/// Has everything ended that was launched, but for daemons?
///
/// All ends are read before all launches: if the sums are equal, there was a moment between the two when nothing
/// was in flight on any backend. That is asked only where each function by itself is quiet; one that was not is looked
/// at first the next time, so that an answer of no mostly takes one look.
pub(crate) fn is_quiet() -> bool {
    let all = || functions::all().filter(|site| !site.is_daemon());
    let is_busy = |site: &Site| !site.is_daemon() && !site.is_quiet();
    if functions::at(BUSY.load(Ordering::Relaxed)).is_some_and(is_busy) {
        return false;
    }
    let mut functions = functions::all().enumerate();
    if let Some((index, _)) = functions.find(|(_, site)| is_busy(site)) {
        BUSY.store(index, Ordering::Relaxed);
        return false;
    }
    let ended: u64 = all().map(|site| site.counts().ended()).sum();
    let launched: u64 = all().map(Site::launched).sum();
    // Last: whoever is told of quiet may launch again, and finds threads that are idle.
    ended == launched && service::are_idle()
}

/// The number of a function that was not quiet when it was last looked for one.
static BUSY: AtomicUsize = AtomicUsize::new(0);
