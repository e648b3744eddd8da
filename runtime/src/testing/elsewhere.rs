//! Launches from threads that capture nothing, made while another thread captures: what a test may have missed.

use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::account::site::Site;
use crate::sync::{lock, lock_with_room};
use crate::testing::launcher::{Asked, Launched};

/// The launches of one function.
#[derive(Clone, Copy)]
struct Missed {
    function: Launched,
    site: &'static Site,
    launched_at: &'static Location<'static>,
    /// When the last of them was, counted in launches.
    last: u64,
}

/// An entry per function, so bounded. None is ever removed.
static MISSED: Mutex<Vec<Missed>> = Mutex::new(Vec::new());

/// How many launches there have been.
static NOW: AtomicU64 = AtomicU64::new(0);

/// Notes a launch.
#[cold]
pub(super) fn note(
    function: Launched,
    site: &'static Site,
    launched_at: &'static Location<'static>,
) {
    let last = NOW.fetch_add(1, Ordering::Relaxed) + 1;
    let missed = &mut *lock_with_room(&MISSED);
    match missed.iter_mut().find(|it| it.function == function) {
        Some(known) if known.last > last => {}
        Some(known) => (known.launched_at, known.last) = (launched_at, last),
        None => missed.push(Missed {
            function,
            site,
            launched_at,
            last,
        }),
    }
}

/// The moment from which on launches count.
pub(super) fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// The line of the last launch of this function since that moment.
pub(super) fn since(moment: u64, asked: Asked) -> Option<&'static Location<'static>> {
    // Off the lock, and so one by one: to compare names may allocate.
    let at = |index: usize| lock(&MISSED).get(index).copied();
    let mut missed = (0..).map_while(at);
    let found = missed.find(|it| it.last > moment && asked.is(it.function, it.site));
    found.map(|it| it.launched_at)
}
