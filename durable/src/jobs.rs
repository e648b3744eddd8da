//! `Jobs`, the handle of an open store: starts workers, stores launches and waits for them, and looks after dead jobs.
//!
//! Connections belong to the tokio runtime of the store's thread, so every query runs there (`ask`). Launches of `stored`
//! and `later` are sent to the outbox task of that thread. `stored_in` uses the user's connection instead, on the user's
//! thread. Each function that needs the store first checks that the process is no fork, which would have none of the
//! threads.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Collected};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::counts::{Counts, Dead};
use crate::envelope::Envelope;
use crate::errors::StoreError;
use crate::outbox::{self, Batch, Outbox};
use crate::store::{self, Store};
use crate::transaction::{self, Connection, Transactions};
use crate::worker::Queues;

/// An open store. A clone is the same store. It stays open until a shutdown has ended, also if all clones are dropped.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) name: String,
    /// The runtime of the store's thread, to which connections belong.
    pub(crate) clock: Handle,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) offer: mpsc::UnboundedSender<Batch>,
    pub(crate) transactions: Arc<Transactions>,
    pub(crate) queues: Queues,
    /// The process that opened the store. A fork of it has none of the threads.
    pub(crate) process: u32,
}

impl Jobs {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Starts a worker in this process for the queue `"default"`, which runs up to `jobs` jobs at once.
    ///
    /// It is [`work_on`](Self::work_on) for that queue.
    pub fn work(&self, jobs: usize) {
        self.work_on("default", jobs);
    }

    /// Starts a worker in this process for a queue, which runs up to `jobs` jobs at once (1,000,000 at most) until a
    /// shutdown begins.
    ///
    /// It returns at once. A second call for the same queue changes the number. With 0 the worker starts no more jobs, and
    /// running ones end.
    ///
    /// The body of a `fn` runs on one of tokio's threads for blocking code, 512 unless your runtime sets
    /// `max_blocking_threads`. A job that waits for such a thread counts as running. At the deadline of a shutdown the body
    /// goes on, as on any thread; if the process ends before the body, the job is run again.
    pub fn work_on(&self, queue: &str, jobs: usize) {
        self.0.queues.work_on(queue, jobs.min(MOST_AT_ONCE));
    }

    /// Runs code, and waits until the durable functions that it calls are launched and in the store.
    ///
    /// Only calls on this thread, inside `launches`, count. While the store is away, it waits. A timeout around it ends the
    /// waiting only; the launches stay on their way. While 16,384 such launches are on their way, it waits before it runs
    /// the code.
    ///
    /// # Errors
    ///
    /// Fails if one of the launches is refused, for example because a shutdown has begun, or if its arguments cannot be
    /// written down; if the store will never take one of them; or if a shutdown reaches its deadline before. The others may
    /// be stored.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it has run the code launches nothing; later, it stops the waiting and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::fire_and_forget;
    ///
    /// #[fire_and_forget(backend = "durable")]
    /// fn welcome(to: String) {
    ///     println!("welcome, {to}");
    /// }
    ///
    /// # async fn example(jobs: fire_and_forget_durable::Jobs) -> Result<(), fire_and_forget_durable::StoreError> {
    /// jobs.stored(|| welcome("ada@example.com".into())).await?;
    /// // From here on, she is welcomed, whatever happens to this process.
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stored(&self, launches: impl FnOnce()) -> Result<(), StoreError> {
        self.offer(launches, None).await
    }

    /// Runs code as [`stored`](Self::stored) does; its jobs do not begin before `delay` has passed.
    ///
    /// The delay is measured by the store's clock. SQLite rounds it up to whole seconds.
    ///
    /// # Errors
    ///
    /// Fails as [`stored`](Self::stored) does.
    ///
    /// # Cancel safety
    ///
    /// As for [`stored`](Self::stored).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use fire_and_forget::fire_and_forget;
    ///
    /// #[fire_and_forget(backend = "durable")]
    /// fn remind(order: u64) {
    ///     println!("{order} is not paid yet");
    /// }
    ///
    /// # async fn example(jobs: fire_and_forget_durable::Jobs) -> Result<(), fire_and_forget_durable::StoreError> {
    /// jobs.later(Duration::from_secs(3600), || remind(9)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn later(&self, delay: Duration, launches: impl FnOnce()) -> Result<(), StoreError> {
        // `None`, which means "now", only if the clock cannot represent a hundred years from now.
        let due = Instant::now().checked_add(delay.min(LONGEST_DELAY));
        self.offer(launches, due).await
    }

    async fn offer(&self, launches: impl FnOnce(), due: Option<Instant>) -> Result<(), StoreError> {
        self.is_here()?;
        let place = self.0.outbox.place().await;
        let mut collected = durable::collect(launches);
        let taken = collected.by_ref().collect();
        let (batches, answer) = self.0.outbox.take_awaited(taken, due, place);
        for batch in batches {
            // Fails once a shutdown has ended; the batch has been spooled then.
            let _ = self.0.offer.send(batch);
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))?;
        self.are_all_there(&collected)
    }

    /// Runs code, and stores its launches in a transaction of yours: the jobs run if, and only if, that is committed.
    ///
    /// The connection goes to the database of this store, with the sqlx that this crate [re-exports](crate::sqlx). It
    /// usually is in a transaction; without one, the launches are stored at once. The launches are in flight until the end
    /// of the transaction is known. After a rollback, they are counted and reported as lost.
    ///
    /// # Errors
    ///
    /// Fails if one of the launches is refused, if its arguments cannot be written down, or if the database refuses it.
    /// Roll back then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped half-way, the launches are counted as lost, and may or may not be in the transaction. Roll
    /// back then.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::fire_and_forget;
    /// use fire_and_forget_durable::{Jobs, sqlx};
    ///
    /// #[fire_and_forget(backend = "durable")]
    /// fn confirm(order: i64) {
    ///     println!("{order} is ordered");
    /// }
    ///
    /// # #[cfg(feature = "sqlite")]
    /// async fn order(jobs: &Jobs, db: &sqlx::SqlitePool, order: i64) -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut transaction = db.begin().await?;
    ///     sqlx::query("INSERT INTO orders (id) VALUES (?1)").bind(order).execute(&mut *transaction).await?;
    ///     jobs.stored_in(&mut *transaction, || confirm(order)).await?;
    ///     transaction.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    pub async fn stored_in<C: Connection>(
        &self,
        connection: &mut C,
        launches: impl FnOnce(),
    ) -> Result<(), StoreError> {
        self.is_here()?;
        let mut taken = Vec::new();
        let mut rows = Vec::new();
        let mut collected = durable::collect(launches);
        let mut failure = self.are_all_there(&collected).err();
        for launch in collected.by_ref() {
            match outbox::row(&launch, None) {
                Ok(row) => {
                    taken.push(launch);
                    rows.push(row);
                }
                Err(why) => {
                    failure = Some(StoreError::new(why.to_string()));
                    launch.failed(&why);
                }
            }
        }
        if let Some(failure) = failure {
            // The user rolls back, so the other launches are not stored either.
            for launch in taken {
                launch.failed(&"another launch in its transaction cannot be stored");
            }
            return Err(failure);
        }
        if rows.is_empty() {
            return Ok(());
        }
        match transaction::insert(connection, &self.0.store, &rows).await {
            Ok(number) => {
                self.0.transactions.add(taken, rows, number);
                Ok(())
            }
            Err(error) => {
                for launch in taken {
                    launch.failed(&error);
                }
                Err(error)
            }
        }
    }

    /// Counts the jobs in the store, and names the queues that have jobs and seem to have no worker.
    ///
    /// It reads all rows, so it is for a dashboard and not for every request.
    ///
    /// # Errors
    ///
    /// Fails if the store is away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting and nothing else.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.ask(|store| async move {
            Ok(Counts::new(
                store.counts().await?,
                store.unattended().await?,
            ))
        })
        .await
    }

    /// Returns the jobs that were given up, the latest first, at most 1,000 of them.
    ///
    /// # Errors
    ///
    /// Fails if the store is away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting and nothing else.
    pub async fn dead(&self) -> Result<Vec<Dead>, StoreError> {
        let buried = self
            .ask(|store| async move { store.dead(MOST_DEAD).await })
            .await?;
        Ok(buried.into_iter().map(Dead::new).collect())
    }

    /// Puts a dead job back into its queue, with all its attempts. Returns false if no dead job has this id.
    ///
    /// # Errors
    ///
    /// Fails if the store is away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting and nothing else.
    pub async fn revive(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.ask(|store| async move {
            let Some(buried) = store.find_dead(&id).await? else {
                return Ok(false);
            };
            let job = match Envelope::read(&buried.job) {
                Ok(mut envelope) => {
                    envelope.tries = 0;
                    envelope.deaths = 0;
                    envelope.to_json()
                }
                Err(_) => buried.job,
            };
            store.revive(&id, &job).await
        })
        .await
    }

    /// Deletes a dead job. Returns false if no dead job has this id.
    ///
    /// # Errors
    ///
    /// Fails if the store is away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting and nothing else.
    pub async fn discard(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.ask(|store| async move { store.discard(&id).await })
            .await
    }

    /// Runs a query on the store's thread, to whose runtime the connections belong.
    async fn ask<T, F>(&self, question: impl FnOnce(Store) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = store::Result<T>> + Send + 'static,
    {
        self.is_here()?;
        match self.0.clock.spawn(question(self.0.store.clone())).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(StoreError::closed()),
        }
    }

    /// Fails in a fork of the process that opened the store.
    fn is_here(&self) -> Result<(), StoreError> {
        if std::process::id() == self.0.process {
            Ok(())
        } else {
            Err(StoreError::new(
                "the store belongs to the process that this one was forked from",
            ))
        }
    }

    /// Fails if a launch of the code was not collected.
    fn are_all_there(&self, collected: &Collected) -> Result<(), StoreError> {
        match collected.missing() {
            0 => Ok(()),
            _ if self.0.offer.is_closed() => Err(StoreError::closed()),
            missing => Err(StoreError::new(format!(
                "{missing} of the launches were refused or cannot be stored; each was reported"
            ))),
        }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jobs").field(&self.0.name).finish()
    }
}

/// The number of dead jobs that [`Jobs::dead`] returns at most.
const MOST_DEAD: i64 = 1000;
/// A hundred years. A longer delay could overflow a clock.
const LONGEST_DELAY: Duration = Duration::from_hours(100 * 365 * 24);

/// The highest number of jobs at once in a queue: such numbers are added up, and passed to stores with smaller integers.
const MOST_AT_ONCE: usize = 1_000_000;
