//! The shop's own tables, in the database that has its jobs.

use std::str::FromStr as _;
use std::time::Duration;

use fire_and_forget_durable::Jobs;
use fire_and_forget_durable::sqlx::postgres::PgPoolOptions;
use fire_and_forget_durable::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use fire_and_forget_durable::sqlx::{PgPool, SqlitePool, query, query_scalar};

/// What is ordered, and which mails are out.
pub(crate) enum Orders {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS orders (number BIGINT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS mails (number BIGINT PRIMARY KEY)",
];

impl Orders {
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        static OPEN: tokio::sync::OnceCell<Orders> = tokio::sync::OnceCell::const_new();
        let open = OPEN.get_or_try_init(|| Self::connect(url)).await?;
        Ok(match open {
            Self::Sqlite(pool) => Self::Sqlite(pool.clone()),
            Self::Postgres(pool) => Self::Postgres(pool.clone()),
        })
    }

    async fn connect(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
            for table in TABLES {
                query(table).execute(&pool).await?;
            }
            return Ok(Self::Postgres(pool));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePool::connect_with(options).await?;
        for table in TABLES {
            query(table).execute(&pool).await?;
        }
        Ok(Self::Sqlite(pool))
    }

    /// Stores an order and what is launched for it: both, or neither.
    pub(crate) async fn place(
        &self,
        jobs: &Jobs,
        number: i64,
        launch: impl FnOnce(),
    ) -> anyhow::Result<()> {
        const PLACE: &str = "INSERT INTO orders (number) VALUES ($1)";
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                query(PLACE).bind(number).execute(&mut *transaction).await?;
                jobs.stored_in(&mut *transaction, launch).await?;
                transaction.commit().await?;
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                query(PLACE).bind(number).execute(&mut *transaction).await?;
                jobs.stored_in(&mut *transaction, launch).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// Notes that the mail of an order is out; twice is once.
    pub(crate) async fn mail(&self, number: i64) -> anyhow::Result<()> {
        const MAIL: &str = "INSERT INTO mails (number) VALUES ($1) ON CONFLICT DO NOTHING";
        match self {
            Self::Sqlite(pool) => {
                query(MAIL).bind(number).execute(pool).await?;
            }
            Self::Postgres(pool) => {
                query(MAIL).bind(number).execute(pool).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn count(&self) -> anyhow::Result<i64> {
        self.number("SELECT count(*) FROM orders").await
    }

    pub(crate) async fn mails(&self) -> anyhow::Result<i64> {
        self.number("SELECT count(*) FROM mails").await
    }

    /// The number of the next order.
    pub(crate) async fn next(&self) -> anyhow::Result<i64> {
        self.number("SELECT coalesce(max(number), 0) + 1 FROM orders")
            .await
    }

    async fn number(&self, sql: &'static str) -> anyhow::Result<i64> {
        Ok(match self {
            Self::Sqlite(pool) => query_scalar(sql).fetch_one(pool).await?,
            Self::Postgres(pool) => query_scalar(sql).fetch_one(pool).await?,
        })
    }
}
