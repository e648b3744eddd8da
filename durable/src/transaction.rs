//! Launches in a transaction of the user's, which are in flight until the end of the transaction is known.
//!
//! The crate sees neither the commit nor the rollback, so it asks the store: `Store::settle` says which transactions have
//! ended, and which rows are there. A row that is there was committed; one that is missing after the end was rolled back.
//! The store is asked after 2 ms, and then at growing pauses up to 500 ms, until a shutdown ends.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fire_and_forget::durable::{self, Launch};
use tokio::sync::Notify;

use crate::endings::Endings;
use crate::errors::StoreError;
#[cfg(feature = "sqlite")]
use crate::store::{self, MAX_ROWS};
use crate::store::{InTransaction, Row, Store};
use crate::worker::Wakes;

/// A connection or a transaction of SQLite or Postgres, in which launches can be stored. Sealed.
pub trait Connection: sealed::Connection {}

impl<C: sealed::Connection> Connection for C {}

/// The transactions whose end is not known.
pub(crate) struct Transactions {
    open: Mutex<Open>,
    added: Notify,
    endings: Endings,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: BTreeMap<u64, Launches>,
    /// Whether the store is no longer asked.
    is_over: bool,
}

/// The launches of one `stored_in`.
struct Launches {
    /// Each launch, with the id of its row.
    all: Vec<(Launch, String)>,
    queues: Vec<String>,
    /// The number of the transaction, if the store numbers them.
    number: Option<String>,
}

impl Transactions {
    pub(crate) fn new(endings: Endings) -> Self {
        Self {
            open: Mutex::default(),
            added: Notify::new(),
            endings,
        }
    }

    /// Adds launches whose rows are in a transaction, with its number if the store gave it one.
    pub(crate) fn add(&self, launches: Vec<Launch>, rows: Vec<Row>, number: Option<String>) {
        let queues = rows.iter().map(|row| row.queue.clone()).collect();
        let all = launches
            .into_iter()
            .zip(rows.into_iter().map(|row| row.id))
            .collect();
        let mut open = self.open();
        if open.is_over {
            drop(open);
            return abandon(all);
        }
        open.next += 1;
        let key = open.next;
        open.all.insert(
            key,
            Launches {
                all,
                queues,
                number,
            },
        );
        drop(open);
        self.added.notify_one();
    }

    /// Asks the store about the open transactions, until a shutdown has ended.
    pub(crate) async fn run(&self, store: &Store, wakes: &Wakes) {
        let mut ended = std::pin::pin!(durable::ended());
        let mut pause = FIRST_PAUSE;
        loop {
            let is_idle = self.open().all.is_empty();
            let wait = async {
                if is_idle {
                    self.added.notified().await;
                } else {
                    tokio::time::sleep(pause).await;
                }
            };
            tokio::select! {
                biased;
                () = &mut ended => break,
                () = wait => {}
            }
            if is_idle {
                pause = FIRST_PAUSE;
                continue;
            }
            let is_answered = self.ask(store, wakes).await;
            pause = if is_answered {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LAST_PAUSE)
            };
        }
        let left = {
            let mut open = self.open();
            open.is_over = true;
            std::mem::take(&mut open.all)
        };
        self.endings
            .run(move || abandon(left.into_values().flat_map(|it| it.all)));
    }

    /// Asks about all open transactions once. Returns whether one has ended.
    async fn ask(&self, store: &Store, wakes: &Wakes) -> bool {
        let asked: Vec<(u64, InTransaction)> = self
            .open()
            .all
            .iter()
            .map(|(key, it)| (*key, it.facts()))
            .collect();
        let (keys, transactions): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let mut is_answered = false;
        for (keys, transactions) in keys.chunks(MOST_ASKED).zip(transactions.chunks(MOST_ASKED)) {
            let answers = match store.settle(transactions).await {
                Ok(answers) => answers,
                // One of them may be of another server, so that this one refuses its number. Asked one by one, the others are
                // answered.
                Err(sqlx::Error::Database(_)) => {
                    let mut answers = Vec::new();
                    for transaction in transactions {
                        let answer = store.settle(std::slice::from_ref(transaction)).await;
                        answers.push(answer.ok().and_then(|mut answers| answers.pop()?));
                    }
                    answers
                }
                // The store is away. The transactions stay open, and are asked about again.
                Err(_) => return is_answered,
            };
            for (key, present) in keys.iter().zip(answers) {
                if let Some(present) = present
                    && let Some(launches) = self.open().all.remove(key)
                {
                    is_answered = true;
                    if !present.is_empty() {
                        wakes.wake(launches.queues.iter().map(String::as_str));
                    }
                    self.endings.run(move || launches.settle(&present));
                }
            }
        }
        is_answered
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Launches {
    /// Returns what the store needs to find the transaction.
    fn facts(&self) -> InTransaction {
        InTransaction {
            ids: self.all.iter().map(|(_, id)| id.clone()).collect(),
            number: self.number.clone(),
        }
    }

    /// Ends the launches: those whose rows are there as stored, the others as rolled back.
    fn settle(self, present: &[String]) {
        let present: HashSet<&str> = present.iter().map(String::as_str).collect();
        for (launch, id) in self.all {
            if present.contains(&*id) {
                launch.stored();
            } else {
                launch.rolled_back();
            }
        }
    }
}

/// Ends launches whose transactions were open when the shutdown ended.
fn abandon(launches: impl IntoIterator<Item = (Launch, String)>) {
    for (launch, _) in launches {
        launch.abandon();
    }
}

/// Inserts rows with the user's connection. Returns the number of its transaction, if the store numbers them.
pub(crate) async fn insert(
    connection: &mut impl Connection,
    store: &Store,
    rows: &[Row],
) -> Result<Option<String>, StoreError> {
    match (connection.borrow(), store) {
        #[cfg(feature = "sqlite")]
        (sealed::Borrowed::Sqlite(connection), Store::Sqlite(_)) => {
            for rows in rows.chunks(MAX_ROWS) {
                store::sqlite::insert(connection, rows).await?;
            }
            Ok(None)
        }
        #[cfg(feature = "postgres")]
        (sealed::Borrowed::Postgres(connection), Store::Postgres(postgres)) => {
            Ok(Some(postgres.insert_in(connection, rows).await?))
        }
        #[cfg(all(feature = "sqlite", feature = "postgres"))]
        (sealed::Borrowed::Sqlite(_), Store::Postgres(_)) => Err(StoreError::new(
            "the connection is to SQLite, but the store is in Postgres",
        )),
        #[cfg(all(feature = "sqlite", feature = "postgres"))]
        (sealed::Borrowed::Postgres(_), Store::Sqlite(_)) => Err(StoreError::new(
            "the connection is to Postgres, but the store is in SQLite",
        )),
    }
}

mod sealed {
    /// The sealed part of [`Connection`](super::Connection).
    #[expect(unnameable_types, reason = "it is sealed")]
    pub trait Connection: Send {
        #[doc(hidden)]
        fn borrow(&mut self) -> Borrowed<'_>;
    }

    /// A connection of the user's.
    #[derive(Debug)]
    #[expect(unnameable_types, reason = "it is sealed")]
    pub enum Borrowed<'a> {
        #[cfg(feature = "sqlite")]
        Sqlite(&'a mut sqlx::SqliteConnection),
        #[cfg(feature = "postgres")]
        Postgres(&'a mut sqlx::PgConnection),
    }

    #[cfg(feature = "sqlite")]
    impl Connection for sqlx::SqliteConnection {
        fn borrow(&mut self) -> Borrowed<'_> {
            Borrowed::Sqlite(self)
        }
    }

    #[cfg(feature = "sqlite")]
    impl Connection for sqlx::Transaction<'_, sqlx::Sqlite> {
        fn borrow(&mut self) -> Borrowed<'_> {
            Borrowed::Sqlite(self)
        }
    }

    #[cfg(feature = "postgres")]
    impl Connection for sqlx::PgConnection {
        fn borrow(&mut self) -> Borrowed<'_> {
            Borrowed::Postgres(self)
        }
    }

    #[cfg(feature = "postgres")]
    impl Connection for sqlx::Transaction<'_, sqlx::Postgres> {
        fn borrow(&mut self) -> Borrowed<'_> {
            Borrowed::Postgres(self)
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// The number of transactions that one statement asks about.
const MOST_ASKED: usize = 512;
