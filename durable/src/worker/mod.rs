//! The work: queues, and how many jobs of each run at once.

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

/// What all workers of this process share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    /// For notices.
    pub(crate) name: String,
    /// Where bodies run.
    pub(crate) bodies: Handle,
    /// Where the store and its timers run.
    pub(crate) clock: Handle,
    pub(crate) heartbeat: Duration,
    pub(crate) poll_interval: Duration,
    pub(crate) wakes: Wakes,
    /// When this process opened the store.
    pub(crate) born: Instant,
    /// Held by a job whose worker has died: one at a time, so that no other is taken for what killed it.
    pub(crate) suspects: Arc<Semaphore>,
    pub(crate) endings: Endings,
}

/// The queues that this process works on.
pub(crate) struct Queues {
    begin: mpsc::UnboundedSender<Begin>,
    numbers: Mutex<HashMap<String, watch::Sender<usize>>>,
}

/// A queue that is to be worked on.
pub(crate) struct Begin {
    queue: String,
    numbers: watch::Receiver<usize>,
    /// From now on, a shutdown waits for its outcomes.
    hold: Hold,
}

impl Queues {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Begin>) {
        let (begin, to_begin) = mpsc::unbounded_channel();
        let numbers = Mutex::default();
        (Self { begin, numbers }, to_begin)
    }

    /// So many jobs of this queue at once, from now on.
    pub(crate) fn work_on(&self, queue: &str, jobs: usize) {
        let mut all = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(numbers) = all.get(queue) {
            numbers.send_replace(jobs);
            return;
        }
        let (sender, numbers) = watch::channel(jobs);
        all.insert(queue.into(), sender);
        // Gone once a shutdown has ended, and then there is nothing to do.
        let _ = self.begin.send(Begin {
            queue: queue.into(),
            numbers,
            hold: Hold::new(),
        });
    }
}

/// Works on what it is told to, until a shutdown; returns when all outcomes are written.
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

/// Wakes the worker of a queue when somebody else has stored a job, where the store tells.
async fn listen(shared: Arc<Shared>) {
    loop {
        // The poll interval is the net: what fails here costs time and nothing else.
        if let Ok(mut listener) = shared.store.listen().await {
            while let Ok(queue) = listener.next().await {
                shared.wakes.wake([&*queue]);
            }
        }
        tokio::time::sleep(shared.heartbeat).await;
    }
}

/// What wakes the worker of a queue.
#[derive(Clone, Default)]
pub(crate) struct Wakes(Arc<Mutex<HashMap<String, Arc<Notify>>>>);

impl Wakes {
    /// There is something in these queues.
    pub(crate) fn wake<'a>(&self, queues: impl IntoIterator<Item = &'a str>) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = "";
        for queue in queues {
            // Those of a batch are mostly of one queue.
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

/// Writes until the store has it: it may be away for a while.
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
