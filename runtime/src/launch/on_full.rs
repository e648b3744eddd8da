//! What becomes of a launch that is refused, and whose caller does not get the arguments.

use crate::launch::rejected::Refusal;
use crate::thread::{body, nesting};

/// What a launch that the backend or the function's limit refuses does, when the launcher returns `()`.
#[derive(Debug, Clone, Copy)]
pub enum OnFull {
    /// It is dropped, counted and reported.
    Drop,
    /// It waits until there is room.
    Block,
    /// The caller runs the body.
    CallerRuns,
}

/// What is to be done about one launch.
pub(crate) enum Consequence {
    Refuse(Refusal),
    Wait,
    RunInPlace,
}

impl OnFull {
    /// What is to be done on this thread.
    pub(crate) fn consequence(self, refusal: Refusal) -> Consequence {
        match self {
            _ if refusal == Refusal::ShuttingDown => Consequence::Refuse(refusal),
            Self::Drop => Consequence::Refuse(refusal),
            // Blocking a thread that runs bodies could wait for itself: pools that feed each other would deadlock.
            Self::Block if !body::must_not_block() => Consequence::Wait,
            Self::Block | Self::CallerRuns if nesting::may_run_in_place() => {
                Consequence::RunInPlace
            }
            Self::Block | Self::CallerRuns => Consequence::Refuse(Refusal::TooDeep),
        }
    }
}
