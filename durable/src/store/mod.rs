//! The store: apalis's tables in SQLite or Postgres, and every statement on them.
//!
//! Each statement that changes a job names its id and the worker that holds it, and takes the time from the store.

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

/// A store of either kind. A clone shares its connections.
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
    /// It may be begun from then on; none: at once.
    pub(crate) due: Option<Instant>,
}

impl Row {
    /// How long from now on it may not be begun: clocks of machines differ, and the store's is the one that counts.
    pub(crate) fn delay(&self) -> Duration {
        self.due.map_or(Duration::ZERO, |due| {
            due.saturating_duration_since(Instant::now())
        })
    }
}

/// A job that a worker has fetched, and that nobody else has.
pub(crate) struct Fetched {
    pub(crate) id: String,
    /// None if it is larger than an envelope may be.
    pub(crate) job: Option<Vec<u8>>,
    /// How often a worker died that had it: we write 0 where a job is put back.
    pub(crate) interruptions: i64,
    /// What was written of it last.
    pub(crate) last_result: Option<String>,
    /// Differs at each fetch that follows an outcome or a death: see [`Outcome::fence`].
    pub(crate) fence: String,
}

/// What has become of a job that a worker held.
#[derive(Clone)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) end: End,
    /// For `last_result`, JSON.
    pub(crate) result: String,
    /// The envelope, where it has changed.
    pub(crate) job: Option<Vec<u8>>,
    /// That of its fetch. A write that is repeated, because its answer was lost, must not touch a job that the same worker has
    /// fetched anew in between.
    pub(crate) fence: String,
}

#[derive(Clone, Copy)]
pub(crate) enum End {
    Done,
    /// It is not tried again: apalis's `Killed`.
    Dead,
    /// It may be begun again after this time.
    PutBack(Duration),
}

impl Outcome {
    /// The word in the column `status`.
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

/// How many jobs there are of one function in one queue.
pub(crate) struct Count {
    pub(crate) queue: String,
    /// None for rows that nobody here has stored.
    pub(crate) function: Option<String>,
    pub(crate) status: String,
    pub(crate) jobs: i64,
    /// How long the oldest has been due, in seconds; none if none is.
    pub(crate) oldest_secs: Option<f64>,
}

/// A job that was given up.
pub(crate) struct Buried {
    pub(crate) id: String,
    pub(crate) queue: String,
    pub(crate) function: Option<String>,
    pub(crate) job: Vec<u8>,
    pub(crate) last_result: Option<String>,
    /// Seconds since 1970.
    pub(crate) died_on: Option<f64>,
}

/// Launches that were stored in a transaction of the user's.
pub(crate) struct InTransaction {
    pub(crate) ids: Vec<String>,
    /// The number of the transaction, where the store gives it one.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite numbers none")
    )]
    pub(crate) number: Option<String>,
}

/// What may be told of the store: its kind and place, without a password.
pub(crate) struct Place {
    pub(crate) name: String,
    /// The file of an embedded one.
    pub(crate) file: Option<PathBuf>,
}

/// The largest envelope, in bytes: the largest arguments, and room for what is said about them.
pub(crate) const MAX_BYTES: usize = durable::MOST_BYTES + 64 * 1024;

/// How many rows one statement writes at most.
pub(crate) const MAX_ROWS: usize = 512;

/// What is in the column `layers` of a worker of ours: after how many seconds without a heartbeat it is dead.
///
/// Each worker says it of itself, because programs with heartbeats of different lengths may share a store.
fn layers(dead_after_secs: i64) -> String {
    format!("fire-and-forget;{dead_after_secs}")
}

/// A worker that was seen within this time is alive, as far as one can tell without knowing its heartbeat.
const SEEN_LATELY_SECS: i64 = 120;

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
    /// Connects, migrates what is missing, and returns what may be told of the store.
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
                "the feature `sqlite` of fire-and-forget-durable is off",
            )),
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(OpenError::new(
                "the feature `postgres` of fire-and-forget-durable is off",
            )),
            // Not the URL itself: it may hold a password.
            _ => Err(OpenError::new(
                "the URL of a store begins with `sqlite:` or `postgres:`",
            )),
        }
    }

    /// Stores all of them or none, in this order. Those that are there already are left as they are.
    pub(crate) async fn insert(&self, rows: &[Row]) -> Result<()> {
        either!(self, store => store.insert(rows).await)
    }

    /// Which of these transactions have ended, and which of their rows are there? None for one that goes on.
    pub(crate) async fn settle(
        &self,
        transactions: &[InTransaction],
    ) -> Result<Vec<Option<Vec<String>>>> {
        either!(self, store => store.settle(transactions).await)
    }

    /// A row for a new worker.
    pub(crate) async fn register(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
    ) -> Result<()> {
        either!(self, store => store.register(worker, queue, dead_after_secs).await)
    }

    /// The worker is alive. False if its row is gone.
    ///
    /// One that sweeps also puts back what dead workers of this queue hold, and what is `Queued` for nobody.
    pub(crate) async fn beat(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
        sweeps: bool,
    ) -> Result<bool> {
        either!(self, store => store.beat(worker, queue, dead_after_secs, sweeps).await)
    }

    /// The worker has nothing to do any more; its row stays while jobs refer to it.
    pub(crate) async fn deregister(&self, worker: &str) -> Result<()> {
        either!(self, store => store.deregister(worker).await)
    }

    /// Is there a job to fetch? For stores where asking is cheaper than fetching nothing.
    pub(crate) async fn is_due(&self, queue: &str) -> Result<bool> {
        either!(self, store => store.is_due(queue).await)
    }

    /// Takes up to `limit` jobs that are due, those that are due longest first; and, of those that would be next, up to so many
    /// whose worker has died. Not cancel safe.
    pub(crate) async fn fetch(
        &self,
        worker: &str,
        queue: &str,
        limit: usize,
        suspects: usize,
    ) -> Result<Vec<Fetched>> {
        either!(self, store => store.fetch(worker, queue, limit, suspects).await)
    }

    /// Writes an envelope anew, before its body begins. False if another worker has it.
    pub(crate) async fn note(&self, worker: &str, id: &str, job: &[u8]) -> Result<bool> {
        either!(self, store => store.note(worker, id, job).await)
    }

    /// Writes outcomes; returns how many of those jobs the worker still held.
    pub(crate) async fn finish(&self, worker: &str, outcomes: &[Outcome]) -> Result<u64> {
        either!(self, store => store.finish(worker, outcomes).await)
    }

    /// Which of these jobs are dead, by the word of this worker?
    pub(crate) async fn buried(&self, worker: &str, ids: &[&str]) -> Result<Vec<String>> {
        either!(self, store => store.buried(worker, ids).await)
    }

    /// Puts back jobs that were not begun; returns how many of them the worker still held.
    pub(crate) async fn release(&self, worker: &str, ids: &[String]) -> Result<u64> {
        either!(self, store => store.release(worker, ids).await)
    }

    /// Puts back what a worker holds without knowing it, because the answer to its fetch was lost: what it knows of stays.
    pub(crate) async fn release_others(&self, worker: &str, known: &[String]) -> Result<u64> {
        either!(self, store => store.release_others(worker, known).await)
    }

    pub(crate) async fn counts(&self) -> Result<Vec<Count>> {
        either!(self, store => store.counts().await)
    }

    /// The queues that hold jobs and for which no worker was seen lately.
    pub(crate) async fn unattended(&self) -> Result<Vec<String>> {
        either!(self, store => store.unattended().await)
    }

    /// The latest first.
    pub(crate) async fn dead(&self, limit: i64) -> Result<Vec<Buried>> {
        either!(self, store => store.dead(None, limit).await)
    }

    pub(crate) async fn find_dead(&self, id: &str) -> Result<Option<Buried>> {
        Ok(either!(self, store => store.dead(Some(id), 1).await)?.pop())
    }

    /// A dead job is due again, with this envelope. False if there is no such dead job.
    pub(crate) async fn revive(&self, id: &str, job: &[u8]) -> Result<bool> {
        either!(self, store => store.revive(id, job).await)
    }

    /// A dead job is deleted. False if there is no such dead job.
    pub(crate) async fn discard(&self, id: &str) -> Result<bool> {
        either!(self, store => store.discard(id).await)
    }

    /// Deletes some of the jobs of ours that have had this status for so long; returns how many.
    pub(crate) async fn prune(
        &self,
        status: &'static str,
        older_than_secs: f64,
        limit: i64,
    ) -> Result<u64> {
        either!(self, store => store.prune(status, older_than_secs, limit).await)
    }

    /// Deletes the rows of workers of ours that were not seen for an hour and that no job refers to.
    pub(crate) async fn prune_workers(&self) -> Result<u64> {
        either!(self, store => store.prune_workers().await)
    }

    /// Begins to hear of jobs that somebody else stores, where the store tells.
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

    /// Is one of the store's writes cheaper if it is asked first whether there is something to do?
    pub(crate) fn asks_first(&self) -> bool {
        match self {
            // A fetch takes the write lock, also where it finds nothing.
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

/// What tells of jobs that other processes store.
pub(crate) enum Listener {
    #[cfg(feature = "sqlite")]
    Silent,
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgListener),
}

impl Listener {
    /// The queue of the next job that is stored.
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
