//! Decides how many jobs to fetch ahead: as many as the running bodies will make room for within 50 ms.

use std::time::Duration;

use super::hands::PATIENCE;
use crate::store::MAX_ROWS;

/// The average time that a body takes.
#[derive(Default)]
pub(super) struct Pace {
    /// An exponential moving average, with 1/16 for the newest value; `None` before the first.
    secs: Option<f64>,
}

impl Pace {
    /// Adds the time that a body took.
    pub(super) fn note(&mut self, took: Option<Duration>) {
        if let Some(took) = took {
            let took = took.as_secs_f64();
            self.secs = Some(self.secs.map_or(took, |secs| secs + (took - secs) / 16.0));
        }
    }

    /// Raises the average to [`PATIENCE`], because the running bodies take at least that long.
    pub(super) fn slow_down(&mut self) {
        self.secs = Some(self.secs.unwrap_or(0.0).max(PATIENCE.as_secs_f64()));
    }

    /// Returns how many jobs to fetch ahead. Few if bodies are long, because a job that waits here could run elsewhere.
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

/// How long a job that is fetched ahead may wait.
const AHEAD: Duration = Duration::from_millis(50);
