//! Writes the outcomes of a worker, as many with one statement as have come during the one before.
//!
//! A statement changes only jobs that this worker still holds. If it changes fewer than it names, another worker has some
//! of the jobs, or their rows were changed: nothing is reported of those, and the loop is told to settle the doubt. A job's
//! end is told to users, as *given up*, only after it is written.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::held::Held;
use super::{Shared, until_written};
use crate::errors::describe;
use crate::notice::notice;
use crate::store::{MAX_ROWS, Outcome};

/// The end of a job, to be written.
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    /// Reports it, once it is written: code of the user's.
    pub(super) tell: Option<Tell>,
    /// The permit of a suspect. The next suspect begins only when the end of this one is written.
    pub(super) alone: Option<OwnedSemaphorePermit>,
}

pub(super) type Tell = Box<dyn FnOnce() + Send>;

/// Starts the task that writes the outcomes of one worker. It ends when the senders are gone and all is written.
pub(super) fn start(
    shared: Arc<Shared>,
    worker: String,
    queue: String,
    held: Held,
) -> (mpsc::UnboundedSender<Ending>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let writer = Writer {
        shared,
        worker,
        queue,
        held,
    };
    (sender, tokio::spawn(writer.write(receiver)))
}

/// The task that writes outcomes.
struct Writer {
    shared: Arc<Shared>,
    worker: String,
    queue: String,
    held: Held,
}

impl Writer {
    async fn write(self, mut endings: mpsc::UnboundedReceiver<Ending>) {
        let mut batch = Vec::new();
        while endings.recv_many(&mut batch, MAX_ROWS).await > 0 {
            let mut outcomes = Vec::with_capacity(batch.len());
            let mut tells = Vec::new();
            let mut permits = Vec::new();
            for ending in batch.drain(..) {
                if let Some(tell) = ending.tell {
                    tells.push((ending.outcome.id.clone(), tell));
                }
                permits.extend(ending.alone);
                outcomes.push(ending.outcome);
            }
            let mut are_all_written = self.write_all(&outcomes).await;
            if are_all_written.is_none() {
                // The store refuses one of them for good. Written one by one, the others get through.
                for outcome in &outcomes {
                    self.write_one(outcome.clone()).await;
                }
                are_all_written = Some(false);
            }
            if !tells.is_empty() {
                self.tell(tells, are_all_written == Some(true)).await;
            }
            for outcome in &outcomes {
                self.held.remove(&outcome.id);
            }
            let is_in_doubt = are_all_written != Some(true);
            if is_in_doubt {
                // A job whose row was changed from outside may still be under this worker's name, and would never end.
                self.held.doubt();
            }
            // Dropping the permit lets the next suspect begin, for which the loop is woken.
            let is_next_alone = !permits.is_empty();
            drop(permits);
            if is_in_doubt || is_next_alone {
                self.shared.wakes.wake([&*self.queue]);
            }
        }
    }

    /// Writes outcomes. Returns whether this worker still held all of the jobs; `None` if the store refuses one of them for
    /// good.
    async fn write_all(&self, batch: &[Outcome]) -> Option<bool> {
        let write = || self.shared.store.finish(&self.worker, batch);
        let written = until_written(&self.shared, "outcomes", write).await.ok()?;
        let others = (batch.len() as u64).saturating_sub(written);
        if others > 0 {
            notice(format_args!(
                "{others} jobs ended here after {} had given them to another worker, or their rows were changed",
                self.shared.name
            ));
        }
        Some(others == 0)
    }

    /// Writes one outcome; if the store refuses it, without its text.
    async fn write_one(&self, mut outcome: Outcome) {
        let is_written = self.write_all(std::slice::from_ref(&outcome)).await;
        if is_written.is_some() {
            return;
        }
        // The end of the job matters more than its text.
        outcome.result = r#"{"Err":"its result cannot be stored"}"#.into();
        outcome.job = None;
        let result = until_written(&self.shared, "outcomes", || {
            let outcome = std::slice::from_ref(&outcome);
            self.shared.store.finish(&self.worker, outcome)
        })
        .await;
        if let Err(error) = result {
            notice(format_args!(
                "the outcome of the job {} cannot be stored: {}",
                outcome.id,
                describe(&error)
            ));
        }
    }

    /// Has the jobs reported that are given up, except those that another worker has by now.
    async fn tell(&self, tells: Vec<(String, Tell)>, are_all_written: bool) {
        let buried = if are_all_written {
            None
        } else {
            let ids: Vec<&str> = tells.iter().map(|(id, _)| &**id).collect();
            let ask = || self.shared.store.buried(&self.worker, &ids);
            let buried = until_written(&self.shared, "reports", ask).await;
            Some(buried.unwrap_or_default())
        };
        for (id, tell) in tells {
            if buried.as_ref().is_none_or(|buried| buried.contains(&id)) {
                self.shared.endings.run(tell);
            }
        }
    }
}
