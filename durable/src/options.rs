//! How a store is opened.

use std::fmt;
use std::future::ready;
use std::io;
use std::path::PathBuf;
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
use crate::notice::notice;
use crate::outbox::{Batch, Outbox};
use crate::prune;
use crate::spool::{Left, Spool};
use crate::store::{MAX_ROWS, Store};
use crate::transaction::Transactions;
use crate::worker::{self, Begin, Queues, Shared, Wakes};

/// Opens the store that a URL names: from here on, durable launches of this process go there.
///
/// `sqlite:jobs.db` is a file, which is created if need be; `postgres://user:password@host/database` a database that
/// many machines share. apalis's tables are created in it if need be: on Postgres, that takes the rights of the database's
/// owner. It is [`Options::new`] with nothing changed.
///
/// Call it inside the tokio runtime in which bodies are to run. The store has a thread of its own, so that no body holds its
/// heartbeats up. A process opens one store, once: what it has launched before waits for that.
///
/// # Errors
///
/// When the URL is not that of a store; when the store cannot be reached, written or migrated; when two durable functions of this
/// program have one name; outside a tokio runtime; when a store is open already, or a shutdown has begun.
///
/// # Cancel safety
///
/// A future that is dropped leaves nothing open; tables may have been created.
///
/// # Examples
///
/// ```
/// # async fn example() -> Result<(), fire_and_forget_durable::OpenError> {
/// let jobs = fire_and_forget_durable::open("sqlite:jobs.db").await?;
/// jobs.work(8);
/// # Ok(())
/// # }
/// ```
pub async fn open(url: &str) -> Result<Jobs, OpenError> {
    Options::new(url).open().await
}

/// A store that is to be opened, and how.
#[derive(Clone)]
#[must_use = "`open` opens the store"]
pub struct Options {
    url: String,
    connections: u32,
    heartbeat: Duration,
    poll_interval: Duration,
    keep_done: Duration,
    keep_dead: Duration,
    spool_file: Option<PathBuf>,
    #[cfg(feature = "metrics")]
    measure_every: Duration,
}

impl Options {
    /// The store of this URL, with the defaults: see [`open`].
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 5,
            heartbeat: Duration::from_secs(5),
            poll_interval: Duration::from_millis(250),
            keep_done: Duration::from_hours(24),
            keep_dead: Duration::from_hours(30 * 24),
            spool_file: None,
            #[cfg(feature = "metrics")]
            measure_every: Duration::from_secs(15),
        }
    }

    /// How often the store is [measured](crate::meters); every 15 s by default, and at most every 100 ms. Each time reads all
    /// rows: where millions are kept, measure seldom, in one program.
    #[cfg(feature = "metrics")]
    pub fn measure_every(mut self, interval: Duration) -> Self {
        self.measure_every = interval.max(Duration::from_millis(100));
        self
    }

    /// How many connections to the database there are at most; 5 by default, and at least 2. SQLite has one writer whatever
    /// this says.
    pub fn connections(mut self, most: u32) -> Self {
        self.connections = most.max(2);
        self
    }

    /// How often a worker says that it is alive; every 5 s by default, from every 100 ms to every hour. After four heartbeats without
    /// one, its jobs are given to another.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval.clamp(Duration::from_millis(100), LONGEST);
        self
    }

    /// How often an idle worker looks for jobs; every 250 ms by default, from every millisecond to every hour. It need not look for
    /// what its own process launches, nor on Postgres for what others do: it is told.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.clamp(Duration::from_millis(1), LONGEST);
        self
    }

    /// How long jobs that are done stay in the store; a day by default, and at least a minute.
    pub fn keep_done(mut self, age: Duration) -> Self {
        self.keep_done = age.max(Duration::from_mins(1));
        self
    }

    /// How long dead jobs stay in the store; thirty days by default, and at least a minute.
    pub fn keep_dead(mut self, age: Duration) -> Self {
        self.keep_dead = age.max(Duration::from_mins(1));
        self
    }

    /// Where launches are written that could not be stored until the deadline of a shutdown.
    ///
    /// By default it is beside the file of SQLite, with `.spool` behind its name, and `fire-and-forget.spool` in the current
    /// folder for Postgres. Several programs may have the same: there is a number behind the name then. The next [`open`] with
    /// this name stores what is in it, and removes it. A launch may be in the store as well, where a commit went unanswered at the
    /// deadline: it is not stored twice, unless it is done and pruned before that `open`; see [`keep_done`](Self::keep_done). The file holds the arguments of launches, and only its owner may read it.
    pub fn spool_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.spool_file = Some(path.into());
        self
    }

    /// Opens the store: see [`open`].
    ///
    /// # Errors
    ///
    /// Those of [`open`].
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves nothing open; tables may have been created.
    pub async fn open(self) -> Result<Jobs, OpenError> {
        durable::check().map_err(|duplicate| OpenError::new(duplicate.to_string()))?;
        #[cfg(feature = "opentelemetry")]
        crate::trace_context::propagate();
        let bodies = Handle::try_current().map_err(|_| {
            OpenError::new("a store is opened inside a tokio runtime, in which bodies run")
        })?;
        let is_stopping = tokio::select! {
            biased;
            () = durable::stopping() => true,
            () = ready(()) => false,
        };
        if is_stopping {
            return Err(OpenError::new(
                "a shutdown of this process has begun: nothing is launched or done any more",
            ));
        }
        let only = Only::claim()?;
        let (opened, is_open) = oneshot::channel();
        std::thread::Builder::new()
            .name("ff-durable".into())
            .spawn(
                move || match Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => serve(&runtime, self, bodies, only, opened),
                    Err(error) => drop(opened.send(Err(no_thread(&error)))),
                },
            )
            .map_err(|error| no_thread(&error))?;
        is_open
            .await
            .unwrap_or_else(|_| Err(OpenError::new("the thread of the store is gone")))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: it may hold a password.
        f.debug_struct("Options")
            .field("connections", &self.connections)
            .field("heartbeat", &self.heartbeat)
            .field("poll_interval", &self.poll_interval)
            .field("keep_done", &self.keep_done)
            .field("keep_dead", &self.keep_dead)
            .field("spool_file", &self.spool_file)
            .finish_non_exhaustive()
    }
}

/// The one store of this process. Dropped, it may be opened again.
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

    /// For the rest of this process.
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

/// The thread of the store: until a shutdown has ended, and every outcome is written.
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
                // Before the answer: who gets it may try again at once.
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

/// An open store, and what is to be done on its thread.
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
        // After the deadline, too: what still runs is still written down, as long as the process is there.
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

/// Stores what an earlier process could not.
async fn store_left(store: &Store, mut left: Left) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| {
        OpenError::new(format!(
            "what is in the spool file cannot be stored: {}",
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
            "{} launches of the spool file are in the store now",
            rows.len()
        ));
    }
    left.stored()
        .map_err(|error| OpenError::new(format!("the spool file cannot be removed: {error}")))
}

/// Between two heartbeats, or two looks.
const LONGEST: Duration = Duration::from_hours(1);
