//! The store: apalis's tables in SQLite or Postgres, and every statement on them.
//!
//! A statement that changes a job a worker holds names the job's id and the worker, so a worker that was called dead
//! changes nothing. All times are the store's. A write may be repeated after a lost answer, so each is idempotent: rows are
//! inserted by id, and outcomes carry the *fence* of their fetch (see [`Outcome::fence`]).
//! The two stores have the same methods, each with the statements of its own dialect and the types of its own driver.

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fire_and_forget::durable;

use crate::errors::OpenError;

/// A store of either database. A clone shares its connections.
#[derive(Clone)]
pub(crate) enum Store {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Postgres),
}

pub(crate) type Result<T> = std::result::Result<T, sqlx::Error>;

/// A launch that is to be stored.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) queue: String,
    pub(crate) function: String,
    /// The envelope.
    pub(crate) job: Vec<u8>,
    /// When it may begin; `None` is at once.
    pub(crate) due: Option<Instant>,
}

impl Row {
    /// Returns how long from now it may not begin. Stores take a delay and not a time, because clocks of machines differ.
    pub(crate) fn delay(&self) -> Duration {
        self.due.map_or(Duration::ZERO, |due| {
            due.saturating_duration_since(Instant::now())
        })
    }
}

/// A job that a worker has fetched, and that no other worker has.
pub(crate) struct Fetched {
    pub(crate) id: String,
    /// The envelope; `None` if it is larger than an envelope may be.
    pub(crate) job: Option<Vec<u8>>,
    /// How often a worker died that had it, from apalis's column `attempts`; putting a job back writes 0 there.
    pub(crate) interruptions: i64,
    /// The result that was written last.
    pub(crate) last_result: Option<String>,
    /// A value that changes with each outcome and each death of a worker: see [`Outcome::fence`].
    pub(crate) fence: String,
}

/// The outcome of a job that a worker held.
#[derive(Clone)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) end: End,
    /// JSON for the column `last_result`.
    pub(crate) result: String,
    /// The envelope, if it has changed.
    pub(crate) job: Option<Vec<u8>>,
    /// The fence of its fetch. A write that is repeated after a lost answer must not touch a job that the same worker has
    /// fetched anew in between.
    pub(crate) fence: String,
}

/// What becomes of a job.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Done,
    /// The job is not tried again; apalis's `Killed`.
    Dead,
    /// The job may begin again after this time.
    PutBack(Duration),
}

impl Outcome {
    /// Returns the word for the column `status`.
    fn status(&self) -> &'static str {
        match self.end {
            End::Done => "Done",
            End::Dead => "Killed",
            End::PutBack(_) => "Pending",
        }
    }

    fn delay_secs(&self) -> f64 {
        match self.end {
            End::PutBack(delay) => delay.as_secs_f64(),
            _ => 0.0,
        }
    }
}

/// The number of jobs of one function, queue and status.
pub(crate) struct Count {
    pub(crate) queue: String,
    /// `None` for rows that were inserted by hand.
    pub(crate) function: Option<String>,
    pub(crate) status: String,
    pub(crate) jobs: i64,
    /// How long the oldest has been due, in seconds; `None` if none is due.
    pub(crate) oldest_secs: Option<f64>,
}

/// A job that was given up.
pub(crate) struct Buried {
    pub(crate) id: String,
    pub(crate) queue: String,
    pub(crate) function: Option<String>,
    pub(crate) job: Vec<u8>,
    pub(crate) last_result: Option<String>,
    /// When it was given up, in seconds since 1970.
    pub(crate) died_on: Option<f64>,
}

/// Launches that were stored in a transaction of the user's.
pub(crate) struct InTransaction {
    pub(crate) ids: Vec<String>,
    /// The number of the transaction, if the store numbers them.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite numbers none")
    )]
    pub(crate) number: Option<String>,
}

/// The place of a store, for messages: without a password.
pub(crate) struct Place {
    pub(crate) name: String,
    /// The file of a SQLite store.
    pub(crate) file: Option<PathBuf>,
}

/// The largest envelope, in bytes: the largest arguments, and 64 KiB for the other fields.
pub(crate) const MAX_BYTES: usize = durable::MOST_BYTES + 64 * 1024;

/// The largest number of rows that one statement writes.
pub(crate) const MAX_ROWS: usize = 512;

/// Returns the text for the column `layers` of a worker: after how many seconds without a heartbeat it is dead.
///
/// Each worker writes its own, because programs with different heartbeat intervals may share a store.
fn layers(dead_after_secs: i64) -> String {
    format!("fire-and-forget;{dead_after_secs}")
}

/// The time, in seconds, within which a worker must have been seen to count as alive, whatever its heartbeat interval is.
const SEEN_LATELY_SECS: i64 = 120;

/// Calls the store of either database.
macro_rules! either {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite($store) => $call,
            #[cfg(feature = "postgres")]
            Self::Postgres($store) => $call,
        }
    };
}

impl Store {
    /// Connects, and applies missing migrations.
    pub(crate) async fn open(
        url: &str,
        connections: u32,
    ) -> std::result::Result<(Self, Place), OpenError> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let (store, place) = sqlite::Sqlite::open(url, connections).await?;
                Ok((Self::Sqlite(store), place))
            }
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                let (store, place) = postgres::Postgres::open(url, connections).await?;
                Ok((Self::Postgres(store), place))
            }
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(OpenError::new(
                "`sqlite:` needs the feature `sqlite` of `fire-and-forget-durable`",
            )),
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(OpenError::new(
                "`postgres:` needs the feature `postgres` of `fire-and-forget-durable`",
            )),
            // Without the URL, because it may contain a password.
            _ => Err(OpenError::new(
                "the URL of a store must begin with `sqlite:` or `postgres:`",
            )),
        }
    }

    /// Inserts all rows or none, in this order. A row whose id is there already is left as it is.
    pub(crate) async fn insert(&self, rows: &[Row]) -> Result<()> {
        either!(self, store => store.insert(rows).await)
    }

    /// Returns, for each transaction that has ended, the ids of its rows that are there; `None` for one that goes on.
    pub(crate) async fn settle(
        &self,
        transactions: &[InTransaction],
    ) -> Result<Vec<Option<Vec<String>>>> {
        either!(self, store => store.settle(transactions).await)
    }

    /// Inserts the row of a new worker.
    pub(crate) async fn register(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
    ) -> Result<()> {
        either!(self, store => store.register(worker, queue, dead_after_secs).await)
    }

    /// Writes a heartbeat. Returns false if the worker's row is gone.
    ///
    /// With `sweeps`, also puts back the jobs of dead workers of this queue, and jobs that are `Queued` without a worker.
    pub(crate) async fn beat(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
        sweeps: bool,
    ) -> Result<bool> {
        either!(self, store => store.beat(worker, queue, dead_after_secs, sweeps).await)
    }

    /// Deletes the row of a worker that has ended, unless jobs refer to it.
    pub(crate) async fn deregister(&self, worker: &str) -> Result<()> {
        either!(self, store => store.deregister(worker).await)
    }

    /// Returns whether a job is due: see [`Self::asks_first`].
    pub(crate) async fn is_due(&self, queue: &str) -> Result<bool> {
        either!(self, store => store.is_due(queue).await)
    }

    /// Fetches up to `limit` jobs that are due, by priority and then the longest due first; and up to `suspects` more whose
    /// worker has died, from among the first that are due. Not cancel safe.
    pub(crate) async fn fetch(
        &self,
        worker: &str,
        queue: &str,
        limit: usize,
        suspects: usize,
    ) -> Result<Vec<Fetched>> {
        either!(self, store => store.fetch(worker, queue, limit, suspects).await)
    }

    /// Writes the envelope of a job that this worker holds. Returns false if another worker has it.
    pub(crate) async fn note(&self, worker: &str, id: &str, job: &[u8]) -> Result<bool> {
        either!(self, store => store.note(worker, id, job).await)
    }

    /// Writes outcomes. Returns how many of the jobs the worker still held.
    pub(crate) async fn finish(&self, worker: &str, outcomes: &[Outcome]) -> Result<u64> {
        either!(self, store => store.finish(worker, outcomes).await)
    }

    /// Returns which of these jobs this worker has written as dead.
    pub(crate) async fn buried(&self, worker: &str, ids: &[&str]) -> Result<Vec<String>> {
        either!(self, store => store.buried(worker, ids).await)
    }

    /// Puts back jobs that have not begun. Returns how many of them the worker still held.
    pub(crate) async fn release(&self, worker: &str, ids: &[String]) -> Result<u64> {
        either!(self, store => store.release(worker, ids).await)
    }

    /// Puts back all jobs that the worker holds, except those it knows of. A lost answer to a fetch leaves such jobs.
    pub(crate) async fn release_others(&self, worker: &str, known: &[String]) -> Result<u64> {
        either!(self, store => store.release_others(worker, known).await)
    }

    pub(crate) async fn counts(&self) -> Result<Vec<Count>> {
        either!(self, store => store.counts().await)
    }

    /// Returns the queues that have jobs, and of which no worker was seen lately.
    pub(crate) async fn unattended(&self) -> Result<Vec<String>> {
        either!(self, store => store.unattended().await)
    }

    /// Returns dead jobs, the latest first.
    pub(crate) async fn dead(&self, limit: i64) -> Result<Vec<Buried>> {
        either!(self, store => store.dead(None, limit).await)
    }

    pub(crate) async fn find_dead(&self, id: &str) -> Result<Option<Buried>> {
        Ok(either!(self, store => store.dead(Some(id), 1).await)?.pop())
    }

    /// Makes a dead job due, with this envelope. Returns false if no dead job has this id.
    pub(crate) async fn revive(&self, id: &str, job: &[u8]) -> Result<bool> {
        either!(self, store => store.revive(id, job).await)
    }

    /// Deletes a dead job. Returns false if no dead job has this id.
    pub(crate) async fn discard(&self, id: &str) -> Result<bool> {
        either!(self, store => store.discard(id).await)
    }

    /// Deletes up to `limit` jobs of ours that ended with this status so long ago. Returns how many.
    pub(crate) async fn prune(
        &self,
        status: &'static str,
        older_than_secs: f64,
        limit: i64,
    ) -> Result<u64> {
        either!(self, store => store.prune(status, older_than_secs, limit).await)
    }

    /// Deletes the rows of workers of ours that were not seen for an hour, and that no job refers to.
    pub(crate) async fn prune_workers(&self) -> Result<u64> {
        either!(self, store => store.prune_workers().await)
    }

    /// Begins to listen for jobs that other processes store. SQLite announces none.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "a file tells nothing")
    )]
    pub(crate) async fn listen(&self) -> Result<Listener> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(Listener::Silent),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(Listener::Postgres(store.listen().await?)),
        }
    }

    /// Returns whether to ask [`Self::is_due`] before a fetch, because that is cheaper than to fetch nothing.
    pub(crate) fn asks_first(&self) -> bool {
        match self {
            // A fetch takes the write lock even if it finds nothing.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
        }
    }

    pub(crate) async fn close(&self) {
        either!(self, store => store.close().await);
    }
}

/// Announces jobs that other processes store.
pub(crate) enum Listener {
    #[cfg(feature = "sqlite")]
    Silent,
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgListener),
}

impl Listener {
    /// Waits for the next job, and returns its queue.
    pub(crate) async fn next(&mut self) -> Result<String> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Silent => std::future::pending().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(listener) => postgres::next(listener).await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "Sqlite",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "Postgres",
        })
    }
}
