//! Workers: one per queue, each with a loop that fetches jobs, a heartbeat, and a task that writes outcomes.
//!
//! `fetch.rs` is the loop; `hands.rs` has the jobs of a worker and decides which begin; `run.rs` runs one and decides what
//! becomes of it; `outcome.rs` writes that; `heart.rs` beats. Other workers take the jobs of one that is silent for four
//! heartbeats, so a worker begins no job unless its last beat is fresh.
//! apalis's own worker is not used: it sends no heartbeat while rows wait behind busy bodies, nor while it drains, so that two
//! live workers run one job (seen on both databases).
//!
//! A job whose worker died is a *suspect*: it may have killed its process. One suspect of this process runs at a time, so
//! that no other is blamed for its death.

mod fetch;
mod hands;
mod heart;
mod held;
mod outcome;
mod pace;
mod run;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Hold};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::endings::Endings;
use crate::notice::notice;
use crate::store::Store;

/// The state that all workers of this process share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    /// The name of the store in notices.
    pub(crate) name: String,
    /// The runtime that bodies run on.
    pub(crate) bodies: Handle,
    /// The runtime of the store's thread, with its timers.
    pub(crate) clock: Handle,
    pub(crate) heartbeat: Duration,
    pub(crate) poll_interval: Duration,
    pub(crate) wakes: Wakes,
    /// When this process opened the store.
    pub(crate) born: Instant,
    /// The one permit that a suspect holds while it runs.
    pub(crate) suspects: Arc<Semaphore>,
    pub(crate) endings: Endings,
}

/// The queues that this process has workers for.
pub(crate) struct Queues {
    begin: mpsc::UnboundedSender<Begin>,
    numbers: Mutex<HashMap<String, watch::Sender<usize>>>,
}

/// A worker that is to be started.
pub(crate) struct Begin {
    queue: String,
    numbers: watch::Receiver<usize>,
    /// Makes a shutdown wait for the worker's outcomes from now on.
    hold: Hold,
}

impl Queues {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Begin>) {
        let (begin, to_begin) = mpsc::unbounded_channel();
        let numbers = Mutex::default();
        (Self { begin, numbers }, to_begin)
    }

    /// Sets how many jobs of this queue run at once; starts its worker if it has none.
    pub(crate) fn work_on(&self, queue: &str, jobs: usize) {
        let mut all = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(numbers) = all.get(queue) {
            numbers.send_replace(jobs);
            return;
        }
        let (sender, numbers) = watch::channel(jobs);
        all.insert(queue.into(), sender);
        // Fails once a shutdown has ended, when no worker starts any more.
        let _ = self.begin.send(Begin {
            queue: queue.into(),
            numbers,
            hold: Hold::new(),
        });
    }
}

/// Starts workers until a shutdown has ended; returns when all outcomes are written.
pub(crate) async fn run(shared: Arc<Shared>, mut to_begin: mpsc::UnboundedReceiver<Begin>) {
    let mut workers = JoinSet::new();
    let mut ended = std::pin::pin!(durable::ended());
    let mut is_listening = false;
    loop {
        tokio::select! {
            begin = to_begin.recv() => {
                let Some(Begin { queue, numbers, hold }) = begin else { break };
                workers.spawn(fetch::work(shared.clone(), queue, numbers, hold));
                if !std::mem::replace(&mut is_listening, true) {
                    tokio::spawn(listen(shared.clone()));
                }
            }
            () = &mut ended => break,
        }
    }
    while workers.join_next().await.is_some() {}
}

/// Wakes the worker of a queue when another process has stored a job, if the store announces that.
async fn listen(shared: Arc<Shared>) {
    loop {
        // Workers poll as well, so a failure here costs time and nothing else.
        if let Ok(mut listener) = shared.store.listen().await {
            while let Ok(queue) = listener.next().await {
                shared.wakes.wake([&*queue]);
            }
        }
        tokio::time::sleep(shared.heartbeat).await;
    }
}

/// The notifications that wake workers, by queue.
#[derive(Clone, Default)]
pub(crate) struct Wakes(Arc<Mutex<HashMap<String, Arc<Notify>>>>);

impl Wakes {
    /// Wakes the workers of these queues.
    pub(crate) fn wake<'a>(&self, queues: impl IntoIterator<Item = &'a str>) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = "";
        for queue in queues {
            // The rows of a batch mostly have the same queue, so a repeated name is skipped.
            if queue != last
                && let Some(notify) = all.get(queue)
            {
                notify.notify_one();
            }
            last = queue;
        }
    }

    fn of(&self, queue: &str) -> Arc<Notify> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(queue.into()).or_default().clone()
    }
}

/// Repeats a write until the store has it, or refuses it for good. The store may be away for a while.
async fn until_written<T, F: Future<Output = Result<T, sqlx::Error>>>(
    shared: &Shared,
    what: &str,
    write: impl Fn() -> F,
) -> Result<T, sqlx::Error> {
    let mut pause = Duration::from_millis(20);
    let mut is_said = false;
    loop {
        match write().await {
            Err(error) if !crate::errors::is_permanent(&error) => {
                if !std::mem::replace(&mut is_said, true) {
                    notice(format_args!(
                        "{what} wait for the store {}: {}",
                        shared.name,
                        crate::errors::describe(&error)
                    ));
                }
            }
            result => return result,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
