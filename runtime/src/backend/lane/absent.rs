//! In place of tokio's lanes, where the feature is off: no launch waits to be spawned.

use crate::queue::ring::Vacant;
use crate::task::task::Task;

/// A type without a value, so the launch path needs no feature of its own.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the launch path alone")]
pub enum Lane {}

impl Lane {
    pub(crate) fn claim(&self) -> Option<Vacant<'_, Task>> {
        match *self {}
    }

    pub(crate) fn filled(self) {
        match self {}
    }

    pub(crate) fn runtime(&self) -> Option<&Runtime> {
        match *self {}
    }
}

/// In place of the handle of a runtime.
#[derive(Debug)]
#[allow(unnameable_types, reason = "for the launch path alone")]
pub enum Runtime {}
