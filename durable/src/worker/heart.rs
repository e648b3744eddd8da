//! The heartbeat of a worker: a task of its own, from its registration until its last outcome is written.
//!
//! A beat writes the store's time to the worker's row, and with it, most beats put back the jobs of dead workers of the
//! queue: those silent for four beats and one second. Two rules keep a live worker from being called dead. A worker begins
//! jobs only while its last beat is younger than three beats (`is_fresh`). And after a gap of its own (the store was away,
//! the machine slept, the worker is new), it calls no other dead for a while, because the others had the same gap (`Gap`).
//!
//! Ages are measured by two clocks, since one may stand still while the machine sleeps, and the other may be set.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Shared;
use crate::errors::describe;
use crate::notice::notice;

/// The running heartbeat of one worker. Dropping it stops the heartbeat.
pub(super) struct Heart {
    beats: watch::Receiver<Option<Beat>>,
    heartbeat: Duration,
    task: JoinHandle<()>,
}

/// The time of a heartbeat, by two clocks.
#[derive(Clone, Copy)]
struct Beat {
    /// The monotonic clock, which stands still on some systems while the machine sleeps.
    at: Instant,
    /// The calendar clock, which may be set.
    on: SystemTime,
}

impl Heart {
    pub(super) fn start(shared: Arc<Shared>, worker: String, queue: String) -> Self {
        let (sender, beats) = watch::channel(None);
        let heartbeat = shared.heartbeat;
        Self {
            beats,
            heartbeat,
            task: tokio::spawn(beat(shared, worker, queue, sender)),
        }
    }

    /// Returns whether a job may begin. It may not if the last beat is so old that another worker may soon have this one's
    /// jobs.
    pub(super) fn is_fresh(&self) -> bool {
        let last = *self.beats.borrow();
        last.is_some_and(|last| {
            let limit = self.heartbeat * FRESH_BEATS;
            let by_calendar = SystemTime::now().duration_since(last.on);
            last.at.elapsed() < limit && by_calendar.is_ok_and(|age| age < limit)
        })
    }

    /// Waits for the next beat.
    pub(super) async fn beat(&mut self) {
        if self.beats.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns after how many seconds without a beat a worker is dead: four beats, and 1 s because stores cut times to whole
/// seconds.
fn dead_after_secs(heartbeat: Duration) -> i64 {
    let secs = (heartbeat * DEAD_BEATS).as_millis().div_ceil(1000);
    i64::try_from(secs).unwrap_or(i64::MAX - 1) + 1
}

/// Registers the worker, and beats until the task is aborted.
async fn beat(
    shared: Arc<Shared>,
    worker: String,
    queue: String,
    beats: watch::Sender<Option<Beat>>,
) {
    let dead_after = dead_after_secs(shared.heartbeat);
    let mut is_registered = false;
    let mut is_said = false;
    let mut gap = Gap::new(dead_after);
    loop {
        // Taken before the store is asked, because its answer may take long.
        let now = Beat {
            at: Instant::now(),
            on: SystemTime::now(),
        };
        let result = async {
            if !is_registered {
                shared.store.register(&worker, &queue, dead_after).await?;
            }
            let sweeps = gap.is_over(now);
            shared.store.beat(&worker, &queue, dead_after, sweeps).await
        };
        let pause = match result.await {
            // If the worker's row was deleted from outside, it is registered again at once.
            Ok(is_known) => {
                is_registered = is_known;
                is_said = false;
                gap.beats(now);
                if is_known {
                    beats.send_replace(Some(now));
                    shared.heartbeat
                } else {
                    Duration::from_millis(10)
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_said, true) {
                    notice(format_args!(
                        "the worker on `{queue}` cannot send its heartbeat to {}: {}",
                        shared.name,
                        describe(&error)
                    ));
                }
                (shared.heartbeat / 4).min(Duration::from_secs(1))
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Keeps a worker from calling others dead after a gap in its own beats.
///
/// If the store was away or the machine slept, the rows of the others are as old as this worker's own; a new worker does
/// not know whether there was such a gap. The others get as long to beat again as it takes a worker to be dead.
struct Gap {
    dead_after: Duration,
    last: Option<Beat>,
    until: Option<Instant>,
}

impl Gap {
    fn new(dead_after_secs: i64) -> Self {
        let dead_after = Duration::from_secs(dead_after_secs.unsigned_abs());
        Self {
            dead_after,
            last: None,
            // A new worker does not know for how long the store was away.
            until: Instant::now().checked_add(dead_after),
        }
    }

    /// Notes that the store has taken this beat.
    fn beats(&mut self, beat: Beat) {
        if self.is_behind(beat) {
            self.until = beat.at.checked_add(self.dead_after);
        }
        self.last = Some(beat);
    }

    /// Returns whether this beat may call others dead.
    fn is_over(&self, beat: Beat) -> bool {
        !self.is_behind(beat) && self.until.is_none_or(|until| beat.at >= until)
    }

    /// Returns whether this beat comes long after the last one, by either clock.
    fn is_behind(&self, beat: Beat) -> bool {
        self.last.is_some_and(|last| {
            let long = self.dead_after / 2;
            let by_calendar = beat.on.duration_since(last.on);
            beat.at.duration_since(last.at) >= long || by_calendar.is_ok_and(|pause| pause >= long)
        })
    }
}

/// The age of the last beat, in beats, up to which a job may begin. Less than `DEAD_BEATS`, so that a worker notices first.
const FRESH_BEATS: u32 = 3;
/// The number of missed beats after which a worker is dead.
pub(super) const DEAD_BEATS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::{Beat, Duration, Gap, Instant, SystemTime};

    #[test]
    fn a_new_worker_calls_nobody_dead_before_it_has_lived_as_long_as_that_takes() {
        let mut gap = Gap::new(4);
        let (at, on) = (Instant::now(), SystemTime::now());
        for second in 0..5 {
            let later = Duration::from_secs(second);
            let beat = Beat {
                at: at + later,
                on: on + later,
            };
            assert_eq!(gap.is_over(beat), second >= 4, "after {second} s");
            gap.beats(beat);
        }
    }
}
