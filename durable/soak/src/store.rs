//! The store as somebody sees it who knows its tables and none of this crate: SQL, and JSON.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::Context as _;
use fire_and_forget_durable::sqlx::postgres::PgConnectOptions;
use fire_and_forget_durable::sqlx::sqlite::SqliteConnectOptions;
use fire_and_forget_durable::sqlx::{
    self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection,
};

#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// In a folder of its own, which can be moved.
    Sqlite { folder: PathBuf },
    Postgres {
        server: String,
        database: String,
        /// A program that starts and stops the server, where there is one.
        control: Option<PathBuf>,
    },
}

/// A job, and what its envelope says.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) last_result: String,
    pub(crate) function: String,
    pub(crate) number: u64,
    pub(crate) tries: u64,
    pub(crate) deaths: u64,
}

impl Store {
    /// An empty one.
    pub(crate) async fn create(is_postgres: bool, folder: &Path) -> anyhow::Result<Self> {
        let store = if is_postgres {
            let server = std::env::var("DURABLE_TEST_POSTGRES").context(
                "DURABLE_TEST_POSTGRES names no server; `.ci/postgres COMMAND` starts one",
            )?;
            let database = format!("ff_soak_{}", std::process::id());
            execute_on(&server, &format!("CREATE DATABASE {database}")).await?;
            let control = std::env::var_os("DURABLE_TEST_POSTGRES_CONTROL").map(PathBuf::from);
            Self::Postgres {
                server,
                database,
                control,
            }
        } else {
            let folder = folder.join("store");
            std::fs::create_dir(&folder)?;
            Self::Sqlite { folder }
        };
        match &store {
            Self::Sqlite { .. } => {
                let options = store.sqlite_options()?.create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await?;
                connection.execute(CREATE_ORDERS).await?;
                connection.close().await?;
            }
            Self::Postgres { .. } => execute_on(&store.url(), CREATE_ORDERS).await?,
        }
        Ok(store)
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { folder } => format!("sqlite:{}", folder.join("jobs.db").display()),
            Self::Postgres {
                server, database, ..
            } => {
                let (server, _) = server.rsplit_once('/').unwrap_or((server, ""));
                format!("{server}/{database}")
            }
        }
    }

    /// Host and port of the server.
    pub(crate) fn address(&self) -> anyhow::Result<String> {
        let options = PgConnectOptions::from_str(&self.url())?;
        let address = format!("{}:{}", options.get_host(), options.get_port());
        anyhow::ensure!(
            self.url().contains(&address),
            "DURABLE_TEST_POSTGRES does not name the port of its server"
        );
        Ok(address)
    }

    pub(crate) fn sqlite_options(&self) -> anyhow::Result<SqliteConnectOptions> {
        let options = SqliteConnectOptions::from_str(&self.url())?;
        Ok(options.busy_timeout(Duration::from_secs(30)))
    }

    /// The jobs that are neither done nor dead, and which worker holds them.
    pub(crate) async fn unfinished(&self) -> anyhow::Result<HashMap<String, Option<String>>> {
        let rows: Vec<(String, Option<String>)> = match self {
            Self::Sqlite { .. } => {
                let mut connection =
                    SqliteConnection::connect_with(&self.sqlite_options()?).await?;
                sqlx::query_as(
                    "SELECT id, lock_by FROM Jobs WHERE status NOT IN ('Done', 'Killed')",
                )
                .fetch_all(&mut connection)
                .await?
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await?;
                sqlx::query_as(
                    "SELECT id, lock_by FROM apalis.jobs WHERE status NOT IN ('Done', 'Killed')",
                )
                .fetch_all(&mut connection)
                .await?
            }
        };
        Ok(rows.into_iter().collect())
    }

    /// The workers that have not been seen for so long.
    pub(crate) async fn unseen_for(&self, time: Duration) -> anyhow::Result<HashSet<String>> {
        let secs = i64::try_from(time.as_secs())?;
        let workers: Vec<String> = match self {
            Self::Sqlite { .. } => {
                let mut connection =
                    SqliteConnection::connect_with(&self.sqlite_options()?).await?;
                sqlx::query_scalar("SELECT id FROM Workers WHERE unixepoch() - last_seen >= $1")
                    .bind(secs)
                    .fetch_all(&mut connection)
                    .await?
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await?;
                sqlx::query_scalar(
                    "SELECT id FROM apalis.workers WHERE extract(epoch FROM now() - last_seen) >= $1",
                )
                .bind(secs)
                .fetch_all(&mut connection)
                .await?
            }
        };
        Ok(workers.into_iter().collect())
    }

    /// All of them.
    pub(crate) async fn jobs(&self) -> anyhow::Result<Vec<Job>> {
        let rows: Vec<(String, String, Option<String>, Vec<u8>)> = match self {
            Self::Sqlite { .. } => {
                let mut connection =
                    SqliteConnection::connect_with(&self.sqlite_options()?).await?;
                let rows = sqlx::query(
                    "SELECT id, status, cast(last_result AS text) AS last_result, cast(job AS blob) AS job FROM Jobs",
                );
                let rows = rows.fetch_all(&mut connection).await?;
                rows.iter()
                    .map(|row| {
                        Ok((
                            row.try_get(0)?,
                            row.try_get(1)?,
                            row.try_get(2)?,
                            row.try_get(3)?,
                        ))
                    })
                    .collect::<Result<_, sqlx::Error>>()?
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await?;
                sqlx::query_as("SELECT id, status, last_result::text, job FROM apalis.jobs")
                    .fetch_all(&mut connection)
                    .await?
            }
        };
        rows.into_iter()
            .map(|(id, status, last_result, job)| {
                let job: serde_json::Value = serde_json::from_slice(&job)?;
                Ok(Job {
                    function: job["f"].as_str().context("a function")?.to_owned(),
                    number: job["a"]["number"].as_u64().context("a number")?,
                    tries: job["tries"].as_u64().unwrap_or(0),
                    deaths: job["deaths"].as_u64().unwrap_or(0),
                    last_result: last_result.unwrap_or_default(),
                    id,
                    status,
                })
            })
            .collect()
    }

    /// What is ordered.
    pub(crate) async fn orders(&self) -> anyhow::Result<HashSet<u64>> {
        const ORDERS: &str = "SELECT number FROM soak_orders";
        let numbers: Vec<i64> = match self {
            Self::Sqlite { .. } => {
                let mut connection =
                    SqliteConnection::connect_with(&self.sqlite_options()?).await?;
                sqlx::query_scalar(ORDERS)
                    .fetch_all(&mut connection)
                    .await?
            }
            Self::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url()).await?;
                sqlx::query_scalar(ORDERS)
                    .fetch_all(&mut connection)
                    .await?
            }
        };
        Ok(numbers.into_iter().map(i64::cast_unsigned).collect())
    }

    /// The database goes away; a file goes with its folder.
    pub(crate) async fn remove(&self) -> anyhow::Result<()> {
        if let Self::Postgres {
            server, database, ..
        } = self
        {
            execute_on(server, &format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

async fn execute_on(url: &str, sql: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(AssertSqlSafe(sql.to_owned())).await?;
    Ok(connection.close().await?)
}

const CREATE_ORDERS: &str = "CREATE TABLE soak_orders (number BIGINT PRIMARY KEY)";
