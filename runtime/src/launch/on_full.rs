//! The overflow policy of a launcher that returns `()`: drop the refused launch, block the caller, or run the body there.
//!
//! A thread that runs bodies never blocks, because two pools that feed each other would wait for each other: `Block`
//! runs the body in place there. Bodies that run in place can nest, so the depth has a limit (`thread::nesting`).

use crate::launch::rejected::Refusal;
use crate::thread::{body, nesting};

/// The policy for a launch that the backend or the function's limit refuses, if the launcher returns `()`.
#[derive(Debug, Clone, Copy)]
pub enum OnFull {
    /// Drops the launch, counts it and reports it.
    Drop,
    /// Blocks the caller until there is room.
    Block,
    /// Runs the body on the caller's thread.
    CallerRuns,
}

/// What to do with one refused launch.
pub(crate) enum Consequence {
    Refuse(Refusal),
    Wait,
    RunInPlace,
}

impl OnFull {
    /// Decides what to do with a refused launch on this thread.
    pub(crate) fn consequence(self, refusal: Refusal) -> Consequence {
        match self {
            _ if refusal == Refusal::ShuttingDown => Consequence::Refuse(refusal),
            Self::Drop => Consequence::Refuse(refusal),
            // A blocked thread that runs bodies could wait for itself: pools that feed each other would deadlock.
            Self::Block if !body::must_not_block() => Consequence::Wait,
            Self::Block | Self::CallerRuns if nesting::may_run_in_place() => {
                Consequence::RunInPlace
            }
            Self::Block | Self::CallerRuns => Consequence::Refuse(Refusal::TooDeep),
        }
    }
}
