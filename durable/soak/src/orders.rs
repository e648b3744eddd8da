//! A table of the user's, in the database that has the jobs.

use std::str::FromStr as _;
use std::time::Duration;

use fire_and_forget_durable::Jobs;
use fire_and_forget_durable::sqlx::postgres::PgPoolOptions;
use fire_and_forget_durable::sqlx::sqlite::SqliteConnectOptions;
use fire_and_forget_durable::sqlx::{PgPool, SqlitePool, query};

/// What is ordered: a number for each launch in a transaction.
pub(crate) enum Orders {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Orders {
    /// By a pool of its own, as a user has one.
    pub(crate) fn connect(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(2).connect_lazy(url)?;
            return Ok(Self::Postgres(pool));
        }
        let options = SqliteConnectOptions::from_str(url)?.busy_timeout(Duration::from_secs(10));
        Ok(Self::Sqlite(SqlitePool::connect_lazy_with(options)))
    }

    /// Stores an order and what is launched for it: both, or neither.
    pub(crate) async fn place(
        &self,
        jobs: &Jobs,
        number: u64,
        launch: impl FnOnce(),
        is_kept: bool,
    ) -> anyhow::Result<()> {
        const PLACE: &str = "INSERT INTO soak_orders (number) VALUES ($1)";
        let order = number.cast_signed();
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                query(PLACE).bind(order).execute(&mut *transaction).await?;
                jobs.stored_in(&mut *transaction, launch).await?;
                if is_kept {
                    transaction.commit().await?;
                } else {
                    transaction.rollback().await?;
                }
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                query(PLACE).bind(order).execute(&mut *transaction).await?;
                jobs.stored_in(&mut *transaction, launch).await?;
                if is_kept {
                    transaction.commit().await?;
                } else {
                    transaction.rollback().await?;
                }
            }
        }
        Ok(())
    }
}
