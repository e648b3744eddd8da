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

#[cfg(feature = "metrics")]
impl Class {
    /// Returns the name of the field in the ledger.
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
