//! How many jobs to fetch ahead.

use std::time::Duration;

use super::hands::PATIENCE;
use crate::store::MAX_ROWS;

/// How fast bodies are, for how many jobs to fetch before there is room for them.
#[derive(Default)]
pub(super) struct Pace {
    /// An average that forgets.
    secs: Option<f64>,
}

impl Pace {
    pub(super) fn note(&mut self, took: Option<Duration>) {
        if let Some(took) = took {
            let took = took.as_secs_f64();
            self.secs = Some(self.secs.map_or(took, |secs| secs + (took - secs) / 16.0));
        }
    }

    /// Bodies that have not ended yet take at least this long.
    pub(super) fn slow_down(&mut self) {
        self.secs = Some(self.secs.unwrap_or(0.0).max(PATIENCE.as_secs_f64()));
    }

    /// As many as end within a moment: a job that waits behind a long one could run elsewhere.
    pub(super) fn ahead(&self, limit: usize) -> usize {
        let Some(secs) = self.secs else {
            return 0;
        };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "a rough number, cut off below"
        )]
        let ahead = (limit as f64 * AHEAD.as_secs_f64() / secs.max(1e-9)) as usize;
        ahead.min(MAX_ROWS)
    }
}

/// So long what is fetched ahead may wait.
const AHEAD: Duration = Duration::from_millis(50);
