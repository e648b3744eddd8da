//! The open store of this process, on a thread of its own, from `open` until a shutdown has ended and all outcomes are written.
//!
//! The thread runs a current-thread runtime with the connections, the heartbeats, the outbox, the workers' loops and
//! pruning. No code of the user's runs on it: bodies run on the runtime that `open` was called in, ends of launches in
//! `endings.rs`. So a body that blocks cannot delay a heartbeat.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fire_and_forget::durable;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::endings::Endings;
use crate::errors::{OpenError, describe, is_permanent};
use crate::jobs::{Inner, Jobs};
use crate::notice::{never_block_here, notice};
use crate::options::Options;
use crate::outbox::{Batch, Outbox};
use crate::prune;
use crate::spool::{Left, Spool};
use crate::store::{MAX_ROWS, Store};
use crate::transaction::Transactions;
use crate::worker::{self, Begin, Queues, Shared, Wakes};

/// Starts the store's thread and opens the store there. Fails if this process has a store already.
pub(crate) async fn start(options: Options, bodies: Handle) -> Result<Jobs, OpenError> {
    let only = Only::claim()?;
    let (opened, is_open) = oneshot::channel();
    std::thread::Builder::new()
        .name("ff-durable".into())
        .spawn(move || {
            never_block_here();
            match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => serve(&runtime, options, bodies, only, opened),
                Err(error) => drop(opened.send(Err(no_thread(&error)))),
            }
        })
        .map_err(|error| no_thread(&error))?;
    is_open
        .await
        .unwrap_or_else(|_| Err(OpenError::new("the thread of the store has ended")))
}

/// Runs the store's thread until a shutdown has ended and every outcome is written.
fn serve(
    runtime: &Runtime,
    options: Options,
    bodies: Handle,
    only: Only,
    opened: oneshot::Sender<Result<Jobs, OpenError>>,
) {
    runtime.block_on(async {
        let service = match Service::open(options, bodies).await {
            Ok(service) => service,
            Err(error) => {
                // Before the answer, because its receiver may call `open` again at once.
                drop(only);
                let _ = opened.send(Err(error));
                return;
            }
        };
        if let Err(unheard) = opened.send(Ok(service.jobs.clone())) {
            drop(unheard);
            service.store.close().await;
            return;
        }
        only.keep();
        service.run().await;
    });
}

/// An open store, with all that its thread runs.
struct Service {
    store: Store,
    jobs: Jobs,
    outbox: Arc<Outbox>,
    offers: mpsc::UnboundedReceiver<Batch>,
    transactions: Arc<Transactions>,
    shared: Arc<Shared>,
    to_begin: mpsc::UnboundedReceiver<Begin>,
    keep_done: Duration,
    keep_dead: Duration,
    #[cfg(feature = "metrics")]
    measure_every: Duration,
}

impl Service {
    async fn open(options: Options, bodies: Handle) -> Result<Self, OpenError> {
        let (store, place) = Store::open(&options.url, options.connections).await?;
        let spool_file = options.spool_file.unwrap_or_else(|| match place.file {
            Some(file) => {
                let mut path = file.into_os_string();
                path.push(".spool");
                path.into()
            }
            None => "fire-and-forget.spool".into(),
        });
        for left in Left::find(&spool_file).map_err(|error| {
            OpenError::new(format!(
                "the spool file {} cannot be read: {error}",
                spool_file.display()
            ))
        })? {
            store_left(&store, left).await?;
        }
        let wakes = Wakes::default();
        let (offer, offers) = mpsc::unbounded_channel();
        let (queues, to_begin) = Queues::new();
        let clock = Handle::current();
        let endings = Endings::new(clock.clone(), bodies.clone());
        let transactions = Arc::new(Transactions::new(endings.clone()));
        let shared = Arc::new(Shared {
            store: store.clone(),
            name: place.name.clone(),
            bodies,
            clock: clock.clone(),
            heartbeat: options.heartbeat,
            poll_interval: options.poll_interval,
            wakes: wakes.clone(),
            born: Instant::now(),
            suspects: Arc::new(Semaphore::new(1)),
            endings: endings.clone(),
        });
        let spool = Spool::new(spool_file);
        let outbox = Arc::new(Outbox::new(
            store.clone(),
            place.name.clone(),
            spool,
            wakes,
            endings,
        ));
        Ok(Self {
            jobs: Jobs::new(Inner {
                store: store.clone(),
                name: place.name,
                clock,
                outbox: outbox.clone(),
                offer,
                transactions: transactions.clone(),
                queues,
                process: std::process::id(),
            }),
            outbox,
            store,
            offers,
            transactions,
            shared,
            to_begin,
            keep_done: options.keep_done,
            keep_dead: options.keep_dead,
            #[cfg(feature = "metrics")]
            measure_every: options.measure_every,
        })
    }

    async fn run(self) {
        let outbox = self.outbox.clone();
        durable::on_deadline(move |launches| outbox.save(launches));
        let mut keeping = JoinSet::new();
        keeping.spawn(prune::run(
            self.store.clone(),
            self.keep_done,
            self.keep_dead,
        ));
        #[cfg(feature = "metrics")]
        keeping.spawn(crate::meters::run(
            self.store.clone(),
            self.measure_every,
            self.shared.bodies.clone(),
        ));
        let mut offering = JoinSet::new();
        offering.spawn(self.outbox.clone().run_offers(self.offers));
        offering.spawn(self.outbox.clone().spool_ahead());
        let storing = tokio::spawn(self.outbox.run());
        let settling = tokio::spawn({
            let (transactions, store, wakes) = (
                self.transactions,
                self.store.clone(),
                self.shared.wakes.clone(),
            );
            async move { transactions.run(&store, &wakes).await }
        });
        let endings = self.shared.endings.clone();
        // Goes on after the deadline: the outcome of a body that still runs is written as long as the process lives.
        worker::run(self.shared, self.to_begin).await;
        let _ = storing.await;
        let _ = settling.await;
        endings.over().await;
        drop(offering);
        drop(keeping);
        self.store.close().await;
        drop(self.jobs);
    }
}

/// Stores the launches of a spool file that an earlier process has left.
async fn store_left(store: &Store, mut left: Left) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| {
        OpenError::new(format!(
            "the launches in the spool file cannot be stored: {}",
            describe(&error)
        ))
    };
    let rows = std::mem::take(&mut left.rows);
    for rows in rows.chunks(MAX_ROWS) {
        match store.insert(rows).await {
            Ok(()) => {}
            Err(error) if is_permanent(&error) => {
                for row in rows {
                    match store.insert(std::slice::from_ref(row)).await {
                        Ok(()) => {}
                        Err(error) if is_permanent(&error) => left.refused(),
                        Err(error) => return Err(failed(error)),
                    }
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
    if !rows.is_empty() {
        notice(format_args!(
            "{} launches from the spool file are now in the store",
            rows.len()
        ));
    }
    left.stored()
        .map_err(|error| OpenError::new(format!("the spool file cannot be removed: {error}")))
}

/// The right to open the store of this process. Dropping it allows another `open`.
struct Only(());

static IS_OPEN: AtomicBool = AtomicBool::new(false);

impl Only {
    fn claim() -> Result<Self, OpenError> {
        if IS_OPEN.swap(true, Ordering::Relaxed) {
            return Err(OpenError::new(
                "this process has opened a store already: clone its `Jobs`",
            ));
        }
        Ok(Self(()))
    }

    /// Keeps the right for the rest of the process: no other store can be opened.
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        IS_OPEN.store(false, Ordering::Relaxed);
    }
}

fn no_thread(error: &io::Error) -> OpenError {
    OpenError::new(format!(
        "the thread of the store cannot be started: {error}"
    ))
}
