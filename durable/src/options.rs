//! Opens a store: `open` with the defaults, `Options` with others.

use std::fmt;
use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use fire_and_forget::durable;
use tokio::runtime::Handle;

use crate::errors::OpenError;
use crate::jobs::Jobs;
use crate::service;

/// Opens the store of a URL; the durable launches of this process go there from now on.
///
/// `sqlite:jobs.db` is a file, which is created if it is missing. `postgres://user:password@host/database` is a database
/// that many machines can share. The tables of apalis are created if they are missing; on Postgres, that takes the rights
/// of the database's owner. It is [`Options::new`] with nothing changed.
///
/// Call it inside the tokio runtime in which bodies are to run. The store has a thread of its own, so that no body delays its
/// heartbeats. A process opens one store, once; launches from before wait for that.
///
/// # Errors
///
/// Fails if the URL is not that of a store; if the store cannot be reached, written or migrated; if two durable functions
/// of this program have the same name; outside a tokio runtime; if a store is open already; and after a shutdown has begun.
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

/// The URL of a store, and the options to open it with.
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
    /// Begins with the defaults for the store of this URL: see [`open`].
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

    /// Sets how often the store is [measured](crate::meters): every 15 s by default, and at most every 100 ms.
    ///
    /// A measurement reads all rows. If the store keeps millions, measure seldom, and in one program.
    #[cfg(feature = "metrics")]
    pub fn measure_every(mut self, interval: Duration) -> Self {
        self.measure_every = interval.max(Duration::from_millis(100));
        self
    }

    /// Sets the highest number of connections to the database: 5 by default, and at least 2. SQLite has one writer in any case.
    pub fn connections(mut self, most: u32) -> Self {
        self.connections = most.max(2);
        self
    }

    /// Sets the interval of a worker's heartbeats: 5 s by default, from 100 ms to 1 hour.
    ///
    /// After four intervals and 1 s without one, other workers run the jobs of this worker.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval.clamp(Duration::from_millis(100), LONGEST);
        self
    }

    /// Sets how often an idle worker polls for jobs: every 250 ms by default, from every 1 ms to every hour.
    ///
    /// A worker is woken for launches of its own process, and on Postgres for those of others, so they do not wait for the
    /// next poll.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval.clamp(Duration::from_millis(1), LONGEST);
        self
    }

    /// Sets how long jobs that are done stay in the store: one day by default, and at least one minute.
    pub fn keep_done(mut self, age: Duration) -> Self {
        self.keep_done = age.max(Duration::from_mins(1));
        self
    }

    /// Sets how long dead jobs stay in the store: 30 days by default, and at least one minute.
    pub fn keep_dead(mut self, age: Duration) -> Self {
        self.keep_dead = age.max(Duration::from_mins(1));
        self
    }

    /// Sets the file for launches that could not be stored before the deadline of a shutdown.
    ///
    /// By default it is the file of SQLite with `.spool` behind its name, and for Postgres `fire-and-forget.spool` in the
    /// current folder. Several programs may use the same name; the files then have a number behind it. The next [`open`]
    /// with this name stores the launches in the file, and removes it.
    ///
    /// A launch in the file may be in the store, too, if a commit had no answer at the deadline. It is not stored twice,
    /// unless its job is done and pruned before that `open`: see [`keep_done`](Self::keep_done). The file contains the
    /// arguments of launches, and only its owner may read it.
    pub fn spool_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.spool_file = Some(path.into());
        self
    }

    /// Opens the store: see [`open`].
    ///
    /// # Errors
    ///
    /// Fails as [`open`] does.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves nothing open; tables may have been created.
    pub async fn open(self) -> Result<Jobs, OpenError> {
        durable::check().map_err(|duplicate| OpenError::new(duplicate.to_string()))?;
        #[cfg(feature = "opentelemetry")]
        crate::trace_context::propagate();
        let bodies = Handle::try_current().map_err(|_| {
            OpenError::new("`open` must be called inside a tokio runtime, which runs the bodies")
        })?;
        let is_stopping = tokio::select! {
            biased;
            () = durable::stopping() => true,
            () = ready(()) => false,
        };
        if is_stopping {
            return Err(OpenError::new(
                "the process is shutting down: no store can be opened",
            ));
        }
        service::start(self, bodies).await
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL is left out, because it may contain a password.
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

/// The longest interval of heartbeats and of polls.
const LONGEST: Duration = Duration::from_hours(1);
