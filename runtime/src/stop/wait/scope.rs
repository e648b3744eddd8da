//! What a wait waits for.

use super::list;
use super::unfinished::{Unfinished, WhyUnfinished};
use crate::backend::Pool;
use crate::stop::{phase, shutdown};

/// What a wait waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    All,
    Pool(&'static Pool),
    /// Every launch of a durable function is in its store.
    #[cfg(feature = "durable")]
    Stored,
    /// Everything, and then the end of the threads.
    Shutdown,
}

impl Scope {
    /// Has everything in it ended that was launched? A shutdown asks for more.
    pub(super) fn is_quiet(self) -> bool {
        match self {
            Self::All | Self::Shutdown => list::is_quiet(),
            Self::Pool(pool) => pool.is_quiet(),
            #[cfg(feature = "durable")]
            Self::Stored => crate::durable::is_stored(),
        }
    }

    /// The result of a wait in a process that was forked from one that had launched.
    pub(super) fn in_a_fork(self) -> Option<Result<(), Unfinished>> {
        if !phase::is_forked() {
            return None;
        }
        let unfinished = self.unfinished(WhyUnfinished::Forked);
        Some(if unfinished.entries().is_empty() {
            Ok(())
        } else {
            Err(unfinished)
        })
    }

    /// The result of a wait whose deadline nobody else has kept.
    pub(super) fn late_result(self) -> Result<(), Unfinished> {
        #[cfg(feature = "durable")]
        if matches!(self, Self::Shutdown) && !phase::has_ended() {
            // The service thread is held up, and the process may exit now.
            crate::durable::save_what_is_left();
        }
        // In this order: what was given up is counted as ended afterwards.
        let is_quiet = self.is_quiet();
        let is_given_up = matches!(self, Self::Shutdown) && shutdown::has_given_up();
        if is_quiet && !is_given_up {
            Ok(())
        } else {
            Err(self.unfinished(WhyUnfinished::Deadline))
        }
    }

    /// What of it is in flight now.
    pub(super) fn unfinished(self, reason: WhyUnfinished) -> Unfinished {
        #[cfg(feature = "durable")]
        if matches!(self, Self::Stored) {
            return Unfinished::now_of(reason, crate::durable::is_launch);
        }
        let Self::Pool(pool) = self else {
            return Unfinished::now(reason);
        };
        let known = Unfinished::now_of(reason, |site| pool.has(site) == Some(true));
        if known.entries().is_empty() {
            Unfinished::now_of(reason, |site| pool.has(site).is_none())
        } else {
            known
        }
    }
}
