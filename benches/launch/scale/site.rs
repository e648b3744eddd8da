//! Launchers that have a site each, and share their machine code.
//!
//! The compiler takes about 10 ms of processor time for an annotated function, and so minutes for 10,000. This launcher
//! is what the attribute writes, except that its site is an argument.

use fire_and_forget::__private::{InFlight, OnFull, Outcome, Site, always, call, report};
use fire_and_forget::Pool;

use crate::body::work;

/// One for each function that may be measured.
pub(super) static SITES: [Site; 10_000] = [const { Site::new("launch::scale") }; 10_000];

/// Launches on a pool, as the function of this site would.
pub(super) fn launch(site: &'static Site, pool: &'static Pool, text: String, number: u64) {
    let body = call(move || work(text, number));
    let settle = |ended: (), launch: &InFlight| ended.settle(launch, report);
    always::launch(move || site, pool, OnFull::Drop, None, body, settle);
}
