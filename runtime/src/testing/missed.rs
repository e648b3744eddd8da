//! Launches of threads that do not capture, made while another thread captures: a test may have missed them.

use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::account::site::Site;
use crate::sync::{lock, lock_with_room};
use crate::testing::launcher::{Asked, Launched};

/// The missed launches of one function.
#[derive(Clone, Copy)]
struct Missed {
    function: Launched,
    site: &'static Site,
    launched_at: &'static Location<'static>,
    /// The moment of the last one, counted in launches.
    last: u64,
}

/// One entry for each function, so the list is bounded. No entry is removed.
static MISSED: Mutex<Vec<Missed>> = Mutex::new(Vec::new());

/// The number of launches so far.
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

/// Returns the current moment, for `since`.
pub(super) fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// Returns the line of the last launch of this function after that moment.
pub(super) fn since(moment: u64, asked: Asked) -> Option<&'static Location<'static>> {
    // Entries are copied one by one, so that no lock is held: comparing names may allocate, and an allocator of the
    // user's may launch.
    let at = |index: usize| lock(&MISSED).get(index).copied();
    let mut missed = (0..).map_while(at);
    let found = missed.find(|it| it.last > moment && asked.is(it.function, it.site));
    found.map(|it| it.launched_at)
}
