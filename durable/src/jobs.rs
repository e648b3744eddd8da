//! The handle of an open store.

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

/// An open store. A clone is the same store; it stays open until a shutdown has ended, whoever drops this.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) name: String,
    /// The runtime of the store's thread: connections belong to it.
    pub(crate) clock: Handle,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) offer: mpsc::UnboundedSender<Batch>,
    pub(crate) transactions: Arc<Transactions>,
    pub(crate) queues: Queues,
    /// A fork has none of the threads.
    pub(crate) process: u32,
}

impl Jobs {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Has this process do the work of the queue `"default"`, too: so many jobs at once.
    ///
    /// It is [`work_on`](Self::work_on) for that queue.
    pub fn work(&self, jobs: usize) {
        self.work_on("default", jobs);
    }

    /// Has this process do the work of a queue, too: so many jobs at once, 1,000,000 at most, until a shutdown begins.
    ///
    /// It returns at once. A second call for the same queue changes the number; 0 pauses it, and what runs ends.
    ///
    /// The body of a `fn` runs where tokio runs blocking code, on one of 512 threads unless your runtime says otherwise
    /// (`max_blocking_threads`). Where none is free, a job waits for one and is among those that run. At the deadline of a shutdown
    /// it goes on, as a body on any thread does: if the process ends before it, the job is run again.
    pub fn work_on(&self, queue: &str, jobs: usize) {
        self.0.queues.work_on(queue, jobs.min(MOST_AT_ONCE));
    }

    /// Runs code, and waits until what it has launched is in the store.
    ///
    /// It looks at durable functions called on this thread, inside `launches`, and at no others. While the store is away it
    /// waits; with a timeout around it, one stops waiting, and the launches stay on their way. While 16,384 of such launches are on
    /// their way, it waits before it runs the code.
    ///
    /// # Errors
    ///
    /// When one of them is refused, because a shutdown has begun for example, or cannot be written down; when the store will never
    /// take one of them, or a shutdown reaches its deadline before it could. The others may be stored.
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

    /// As [`stored`](Self::stored), for later: what the code launches is not begun before this time has passed.
    ///
    /// The store's clock counts; SQLite rounds up to whole seconds.
    ///
    /// # Errors
    ///
    /// Those of [`stored`](Self::stored).
    ///
    /// # Cancel safety
    ///
    /// That of [`stored`](Self::stored).
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
        // Beyond what a clock can say is beyond what anybody will see.
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
            // Gone once a shutdown has ended: what was in hand then has been spooled.
            let _ = self.0.offer.send(batch);
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))?;
        self.are_all_there(&collected)
    }

    /// Stores what the code launches in a transaction of yours: it is done if, and only if, that is committed.
    ///
    /// The connection is one to the database of this store, of the sqlx that this crate [re-exports](crate::sqlx), and usually
    /// a transaction; without one, it is stored at once. The launches are in flight until it is known how the transaction ended:
    /// rolled back, they are counted and reported as lost.
    ///
    /// # Errors
    ///
    /// When one of the launches is refused or cannot be written down, or when the database refuses it: roll back.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped half-way, the launches are counted as lost; whether they are in the transaction is not known:
    /// roll back.
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
            // The user rolls back, and with it goes what the others would have been.
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

    /// Counts the jobs in the store, and names the queues on which nobody seems to work.
    ///
    /// It reads all rows: for a dashboard, not for every request.
    ///
    /// # Errors
    ///
    /// When the store is away.
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

    /// The jobs that were given up, the latest first, and at most a thousand of them.
    ///
    /// # Errors
    ///
    /// When the store is away.
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

    /// Has a job that was given up tried again, with all its attempts. False if there is no dead job of this id.
    ///
    /// # Errors
    ///
    /// When the store is away.
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

    /// Deletes a job that was given up. False if there is no dead job of this id.
    ///
    /// # Errors
    ///
    /// When the store is away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting and nothing else.
    pub async fn discard(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.ask(|store| async move { store.discard(&id).await })
            .await
    }

    /// Asks the store on its own thread, where its connections are.
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

    fn is_here(&self) -> Result<(), StoreError> {
        if std::process::id() == self.0.process {
            Ok(())
        } else {
            Err(StoreError::new(
                "the store was opened by the process that this one was forked from",
            ))
        }
    }

    /// An error if a launch is not among those that are to be stored.
    fn are_all_there(&self, collected: &Collected) -> Result<(), StoreError> {
        match collected.missing() {
            0 => Ok(()),
            _ if self.0.offer.is_closed() => Err(StoreError::closed()),
            missing => Err(StoreError::new(format!(
                "{missing} of the launches were refused, or cannot be written down: each was reported"
            ))),
        }
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jobs").field(&self.0.name).finish()
    }
}

const MOST_DEAD: i64 = 1000;
/// A hundred years.
const LONGEST_DELAY: Duration = Duration::from_hours(100 * 365 * 24);

/// Numbers of jobs are added up, and given to stores whose integers are smaller.
const MOST_AT_ONCE: usize = 1_000_000;
