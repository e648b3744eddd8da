//! Outcomes on their way into the store: as many with one statement as have come meanwhile.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::fetch::Held;
use super::{Shared, until_written};
use crate::errors::describe;
use crate::notice::notice;
use crate::store::{MAX_ROWS, Outcome};

/// What writes the outcomes of one worker. It ends when the senders are gone and all is written.
pub(super) fn start(
    shared: Arc<Shared>,
    worker: String,
    held: Held,
) -> (mpsc::UnboundedSender<Outcome>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, tokio::spawn(write(shared, worker, held, receiver)))
}

async fn write(
    shared: Arc<Shared>,
    worker: String,
    held: Held,
    mut outcomes: mpsc::UnboundedReceiver<Outcome>,
) {
    let mut batch = Vec::new();
    while outcomes.recv_many(&mut batch, MAX_ROWS).await > 0 {
        if !write_all(&shared, &worker, &batch).await {
            // One of them is what the store will not have.
            for outcome in &batch {
                write_one(&shared, &worker, outcome.clone()).await;
            }
        }
        for outcome in batch.drain(..) {
            held.remove(&outcome.id);
        }
    }
}

/// False if the store will never have all of them.
async fn write_all(shared: &Shared, worker: &str, batch: &[Outcome]) -> bool {
    match until_written(shared, "outcomes", || shared.store.finish(worker, batch)).await {
        Ok(written) => {
            let others = (batch.len() as u64).saturating_sub(written);
            if others > 0 {
                notice(format_args!(
                    "{others} jobs ended here that {} had given to another worker meanwhile",
                    shared.name
                ));
            }
            true
        }
        Err(_) => false,
    }
}

async fn write_one(shared: &Shared, worker: &str, mut outcome: Outcome) {
    if write_all(shared, worker, std::slice::from_ref(&outcome)).await {
        return;
    }
    // Its end counts, and not what it says.
    outcome.result = r#"{"Err":"its result could not be written"}"#.into();
    outcome.job = None;
    let result = until_written(shared, "outcomes", || {
        shared.store.finish(worker, std::slice::from_ref(&outcome))
    })
    .await;
    if let Err(error) = result {
        notice(format_args!(
            "the outcome of the job {} cannot be written: {}",
            outcome.id,
            describe(&error)
        ));
    }
}
