//! Launches from threads that capture nothing, made while another thread captures: what a test may have missed.

use std::panic::Location;
use std::sync::Mutex;

use crate::sync::lock;
use crate::testing::launcher::{Asked, Launched};

/// The launches of one function.
struct Missed {
    function: Launched,
    launched_at: &'static Location<'static>,
    /// When the last of them was, counted in launches.
    last: u64,
}

/// An entry per function, so bounded.
static MISSED: Mutex<(u64, Vec<Missed>)> = Mutex::new((0, Vec::new()));

/// Notes a launch.
#[cold]
pub(super) fn note(function: Launched, launched_at: &'static Location<'static>) {
    let (now, missed) = &mut *lock(&MISSED);
    *now += 1;
    let last = *now;
    match missed.iter_mut().find(|it| it.function == function) {
        Some(known) => (known.launched_at, known.last) = (launched_at, last),
        None => missed.push(Missed {
            function,
            launched_at,
            last,
        }),
    }
}

/// The moment from which on launches count.
pub(super) fn now() -> u64 {
    lock(&MISSED).0
}

/// The line of the last launch of this function since that moment.
pub(super) fn since(moment: u64, asked: Asked) -> Option<&'static Location<'static>> {
    let missed = &lock(&MISSED).1;
    let found = missed
        .iter()
        .find(|it| it.last > moment && asked.is(it.function));
    found.map(|it| it.launched_at)
}
