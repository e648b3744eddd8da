//! The classes that a launch ends in.

/// How a launch ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Class {
    Ok,
    Failed,
    Panicked,
    Lost,
    Refused,
}

impl Class {
    /// How many classes there are.
    pub(crate) const COUNT: usize = Self::Refused as usize + 1;

    /// Returns the name of the field in the ledger.
    #[cfg(feature = "metrics")]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Lost => "lost",
            Self::Refused => "refused",
        }
    }
}
