//! The lanes of all runtimes that have not ended. A lane leaves the list when its runtime drops the dispatcher.

use std::sync::{Arc, Mutex};

use ::tokio::runtime::Id;

use super::shared::Shared;
use crate::sync::{lock, lock_with_room};

/// Returns the lane of this runtime, if it has one.
pub(super) fn find(runtime: Id) -> Option<Arc<Shared>> {
    of_runtime(&lock(&LANES), runtime)
}

/// Adds a lane, unless its runtime has one, which is then returned.
pub(super) fn add(lane: &Arc<Shared>) -> Option<Arc<Shared>> {
    let mut lanes = lock_with_room(&LANES);
    let found = of_runtime(&lanes, lane.runtime);
    if found.is_none() {
        lanes.push(Arc::clone(lane));
    }
    found
}

/// Removes a lane whose runtime ends.
pub(super) fn forget(lane: &Arc<Shared>) {
    let mut lanes = lock(&LANES);
    let place = lanes.iter().position(|it| Arc::ptr_eq(it, lane));
    let forgotten = place.map(|place| lanes.swap_remove(place));
    drop(lanes);
    drop(forgotten);
}

fn of_runtime(lanes: &[Arc<Shared>], runtime: Id) -> Option<Arc<Shared>> {
    lanes.iter().find(|it| it.runtime == runtime).cloned()
}

static LANES: Mutex<Vec<Arc<Shared>>> = Mutex::new(Vec::new());
