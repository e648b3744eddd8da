//! Without tokio, no launch waits to be spawned by a task of ours.

use crate::queue::ring::Vacant;
use crate::task::task::Task;

/// There is none.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the launch path alone")]
pub enum Lane {}

impl Lane {
    pub(crate) fn claim(&self) -> Option<Vacant<'_, Task>> {
        match *self {}
    }

    pub(crate) fn filled(&self) {
        match *self {}
    }
}
