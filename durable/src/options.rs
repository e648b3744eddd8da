//! How a store is opened.

use std::fmt;
use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use fire_and_forget::durable;
use tokio::runtime::Handle;

use crate::errors::OpenError;
use crate::jobs::Jobs;
use crate::service;

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
    pub(crate) url: String,
    pub(crate) connections: u32,
    pub(crate) heartbeat: Duration,
    pub(crate) poll_interval: Duration,
    pub(crate) keep_done: Duration,
    pub(crate) keep_dead: Duration,
    pub(crate) spool_file: Option<PathBuf>,
    #[cfg(feature = "metrics")]
    pub(crate) measure_every: Duration,
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

    /// How often a worker says that it is alive; every 5 s by default, from every 100 ms to every hour. After four heartbeats and one second
    /// without one, its jobs are given to another.
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
        service::start(self, bodies).await
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

/// Between two heartbeats, or two looks.
const LONGEST: Duration = Duration::from_hours(1);
