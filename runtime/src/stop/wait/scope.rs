//! What a wait waits for.

use std::fmt;

use super::quiet;
use super::unfinished::{Unfinished, WhyUnfinished};
use crate::stop::phase;
use crate::sync::process::Instant;

/// What a wait waits for: everything, one pool, or more than that launches end.
pub(crate) trait Scope: fmt::Debug + Sync {
    /// Has everything in it ended that was launched? `all` looks at the whole process.
    fn is_quiet(&self, all: &dyn Fn() -> bool) -> bool;

    /// What of it is in flight now.
    fn unfinished(&self, reason: WhyUnfinished) -> Unfinished;

    /// Takes it as far as it can go now; returns its result once it is complete.
    fn advance(
        &self,
        now: Instant,
        deadline: Option<Instant>,
        all: &dyn Fn() -> bool,
    ) -> Option<Result<(), Unfinished>> {
        if self.is_quiet(all) {
            Some(Ok(()))
        } else if deadline.is_some_and(|deadline| deadline <= now) {
            Some(Err(self.unfinished(WhyUnfinished::Deadline)))
        } else {
            None
        }
    }

    /// The result of a wait whose deadline nobody else has kept.
    fn late_result(&self) -> Result<(), Unfinished> {
        if self.is_quiet(&quiet::is_quiet) {
            Ok(())
        } else {
            Err(self.unfinished(WhyUnfinished::Deadline))
        }
    }

    /// Is there nothing more to do, once there is a result?
    fn is_over(&self) -> bool {
        true
    }

    /// Has its deadline been kept already?
    fn has_given_up(&self) -> bool {
        false
    }
}

/// Everything that was launched, but for daemons.
#[derive(Debug)]
pub(crate) struct All;

impl Scope for All {
    fn is_quiet(&self, all: &dyn Fn() -> bool) -> bool {
        all()
    }

    fn unfinished(&self, reason: WhyUnfinished) -> Unfinished {
        Unfinished::now(reason)
    }
}

/// The result of a wait in a process that was forked from one that had launched.
pub(super) fn in_a_fork(scope: &dyn Scope) -> Option<Result<(), Unfinished>> {
    if !phase::is_forked() {
        return None;
    }
    let unfinished = scope.unfinished(WhyUnfinished::Forked);
    Some(if unfinished.entries().is_empty() {
        Ok(())
    } else {
        Err(unfinished)
    })
}
