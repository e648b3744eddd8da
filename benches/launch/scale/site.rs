//! Launchers that have a site each, and share their machine code.
//!
//! The compiler takes about 10 ms of processor time for an annotated function, and so minutes for 10,000. This launcher
//! is what the attribute writes, except that its site is an argument.

use fire_and_forget::__private::{InFlight, OnFull, Outcome, Site, always, call, report};
use fire_and_forget::Pool;

use crate::body::work;

/// The site of the function of this number.
///
/// Functions do not launch in the order in which the compiler puts their sites into memory, and the processor fetches
/// ahead what lies in order. Triangular numbers modulo a power of two are in no order, and are all different.
pub(super) fn of(index: usize) -> &'static Site {
    &SITES[index * (index + 1) / 2 % SITES.len()]
}

/// The next power of two after 10,000 of them.
static SITES: [Site; 1 << 14] = [const { Site::new("launch::scale") }; 1 << 14];

/// Launches on a pool, as the function of this site would.
pub(super) fn launch(site: &'static Site, pool: &'static Pool, text: String, number: u64) {
    let body = call(move || work(text, number));
    let settle = |ended: (), launch: &InFlight| ended.settle(launch, report);
    always::launch(move || site, pool, OnFull::Drop, None, body, settle);
}
