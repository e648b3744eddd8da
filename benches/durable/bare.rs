//! The same rows by statements alone, through pools with the settings of `fire-and-forget-durable`.

use std::str::FromStr;
use std::time::Duration;

use fire_and_forget_durable::sqlx::postgres::PgPoolOptions;
use fire_and_forget_durable::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use fire_and_forget_durable::sqlx::{self, PgPool, QueryBuilder, Sqlite, SqlitePool};
use ulid::{Generator, Ulid};

use crate::functions::{self, DURABLE};
use crate::{Result, storing};

/// How many rows are in a transaction.
pub(crate) const BATCH: usize = 512;

/// A store without us.
#[derive(Clone)]
pub(crate) enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What a row is made of, made before a clock starts.
pub(crate) struct Row {
    id: String,
    job: Vec<u8>,
}

impl Bare {
    /// Connects to a store whose tables are there.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(5).connect(url).await?;
            return Ok(Self::Postgres(pool));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        Ok(Self::Sqlite(pool))
    }

    /// Rows with the envelope that one of our launches has left in the store.
    pub(crate) async fn rows(&self, count: usize) -> Result<Vec<Row>> {
        let job: Vec<u8> = match self {
            Self::Sqlite(pool) => {
                sqlx::query_scalar("SELECT cast(job AS blob) FROM Jobs LIMIT 1")
                    .fetch_one(pool)
                    .await?
            }
            Self::Postgres(pool) => {
                sqlx::query_scalar("SELECT job FROM apalis.jobs LIMIT 1")
                    .fetch_one(pool)
                    .await?
            }
        };
        let mut ids = Generator::new();
        let row = |_| Row {
            id: ids
                .generate()
                .unwrap_or_else(|_| Ulid::generate())
                .to_string(),
            job: job.clone(),
        };
        Ok((0..count).map(row).collect())
    }

    /// One statement, which is its own transaction.
    pub(crate) async fn insert(&self, rows: &[Row]) -> Result<()> {
        match self {
            Self::Sqlite(pool) => {
                let metadata = format!(r#"{{"function":"{DURABLE}"}}"#);
                let mut sql = QueryBuilder::<Sqlite>::new(
                    "INSERT INTO Jobs (id, job, job_type, status, attempts, max_attempts, run_at, priority, metadata) ",
                );
                sql.push_values(rows, |mut values, row| {
                    values
                        .push_bind(&*row.id)
                        .push_bind(&*row.job)
                        .push("'default', 'Pending', 0, 2147483647, unixepoch(), 0")
                        .push_bind(&*metadata);
                });
                sql.build().execute(pool).await?;
            }
            Self::Postgres(pool) => {
                let ids: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
                let jobs: Vec<&[u8]> = rows.iter().map(|row| &*row.job).collect();
                sqlx::query(
                    "INSERT INTO apalis.jobs (id, job, job_type, status, attempts, max_attempts, run_at, priority, metadata)
                     SELECT id, job, 'default', 'Pending', 0, 2147483647, now(), 0, hstore('function', $3)
                     FROM unnest($1::text[], $2::bytea[]) AS t(id, job)",
                )
                .bind(ids)
                .bind(jobs)
                .bind(DURABLE)
                .execute(pool)
                .await?;
            }
        }
        Ok(())
    }

    /// How many jobs are done.
    pub(crate) async fn done(&self) -> Result<usize> {
        let done: i64 = match self {
            Self::Sqlite(pool) => {
                sqlx::query_scalar("SELECT count(*) FROM Jobs WHERE status = 'Done'")
                    .fetch_one(pool)
                    .await?
            }
            Self::Postgres(pool) => {
                sqlx::query_scalar("SELECT count(*) FROM apalis.jobs WHERE status = 'Done'")
                    .fetch_one(pool)
                    .await?
            }
        };
        Ok(usize::try_from(done)?)
    }

    /// How many jobs there are.
    pub(crate) async fn count(&self) -> Result<usize> {
        let jobs: i64 = match self {
            Self::Sqlite(pool) => {
                sqlx::query_scalar("SELECT count(*) FROM Jobs")
                    .fetch_one(pool)
                    .await?
            }
            Self::Postgres(pool) => {
                sqlx::query_scalar("SELECT count(*) FROM apalis.jobs")
                    .fetch_one(pool)
                    .await?
            }
        };
        Ok(usize::try_from(jobs)?)
    }

    /// Deletes all jobs, and leaves no log that the next statement would have to work off.
    pub(crate) async fn clear(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool) => {
                sqlx::query("DELETE FROM Jobs").execute(pool).await?;
            }
            Self::Postgres(pool) => {
                sqlx::query("TRUNCATE apalis.jobs").execute(pool).await?;
            }
        }
        self.settle().await
    }

    /// Has all that was written be in its final place.
    pub(crate) async fn settle(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool) => {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                    .execute(pool)
                    .await?;
            }
            Self::Postgres(pool) => {
                sqlx::query("CHECKPOINT").execute(pool).await?;
            }
        }
        Ok(())
    }
}

/// Fills a store with so many jobs that are due.
pub(crate) fn fill(url: &str, jobs: usize) -> Result<usize> {
    let runtime = storing::runtime()?;
    let store = runtime.block_on(fire_and_forget_durable::open(url))?;
    functions::durable(functions::texts(1).remove(0), 0);
    fire_and_forget::durable::flush(storing::FOREVER).wait()?;
    drop(store);
    runtime.block_on(async {
        let bare = Bare::open(url).await?;
        let rows = bare.rows(jobs.saturating_sub(1)).await?;
        for rows in rows.chunks(BATCH) {
            bare.insert(rows).await?;
        }
        if let Bare::Postgres(pool) = &bare {
            // The server would do so within a minute.
            sqlx::query("VACUUM ANALYZE apalis.jobs")
                .execute(pool)
                .await?;
        }
        fire_and_forget::shutdown(storing::FOREVER).await?;
        bare.settle().await?;
        bare.count().await
    })
}
