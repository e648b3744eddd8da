//! Stores for tests: SQLite in a temporary folder, and a new database on the Postgres server that `DURABLE_TEST_POSTGRES`
//! names.

use std::env;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};

use sqlx::{AssertSqlSafe, Row as _};

use crate::store::Store;

/// A store that only one test uses.
pub(crate) struct OnStore {
    pub(crate) store: Store,
    url: String,
    /// The folder of a SQLite file, removed when it is dropped.
    _folder: Option<tempfile::TempDir>,
}

/// Runs each test on each store.
macro_rules! each_store {
    ($(async fn $name:ident($on:ident) $body:block)+) => {
        $(async fn $name($on: OnStore) $body)+

        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::OnStore::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(on) = super::OnStore::postgres().await {
                    super::$name(on).await;
                }
            })+
        }
    };
}
pub(crate) use each_store;

impl OnStore {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        Self::open(url, Some(folder)).await
    }

    /// Creates a database; `None` if no server is named.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = env::var("DURABLE_TEST_POSTGRES") else {
            static SAID: Once = Once::new();
            // Not `eprintln!`, whose output is captured if the test passes.
            SAID.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "tests on Postgres are left out: DURABLE_TEST_POSTGRES names no server"
                );
            });
            return None;
        };
        let name = format!("ff_{}", ulid::Ulid::generate()).to_lowercase();
        let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&server)
            .await
            .unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let (server, _) = server.rsplit_once('/').unwrap();
        Some(Self::open(format!("{server}/{name}"), None).await)
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let (store, _) = Store::open(&url, 3).await.unwrap();
        Self {
            store,
            url,
            _folder: folder,
        }
    }

    pub(crate) async fn open_again(&self) -> Store {
        Store::open(&self.url, 3).await.unwrap().0
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Runs a statement. Names in braces stand for text that differs between the databases.
    pub(crate) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(self.dialect(sql));
        match &self.store {
            Store::Sqlite(store) => {
                sqlx::query(sql).execute(store.writer()).await.unwrap();
            }
            Store::Postgres(store) => {
                sqlx::query(sql).execute(store.pool()).await.unwrap();
            }
        }
    }

    /// Returns the rows of a query for two texts.
    pub(crate) async fn pairs(&self, sql: &str) -> Vec<(String, String)> {
        let sql = AssertSqlSafe(self.dialect(sql));
        match &self.store {
            Store::Sqlite(store) => sqlx::query_as(sql).fetch_all(store.writer()).await.unwrap(),
            Store::Postgres(store) => sqlx::query_as(sql).fetch_all(store.pool()).await.unwrap(),
        }
    }

    /// Returns SQLite's plan of a statement.
    pub(crate) async fn plan(&self, sql: &str) -> String {
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let store = match &self.store {
            Store::Sqlite(store) => store,
            Store::Postgres(_) => panic!("not SQLite"),
        };
        let rows = sqlx::query(sql)
            .bind("w")
            .bind("q")
            .bind(1)
            .bind(1)
            .fetch_all(store.writer())
            .await
            .unwrap();
        let lines: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        lines.join("\n")
    }

    /// Counts the instructions of SQLite's virtual machine from now on.
    pub(crate) async fn count_steps(&self) -> Arc<AtomicU64> {
        let Store::Sqlite(store) = &self.store else {
            panic!("not SQLite");
        };
        let steps = Arc::new(AtomicU64::new(0));
        let counter = steps.clone();
        let mut connection = store.writer().acquire().await.unwrap();
        let mut handle = connection.lock_handle().await.unwrap();
        handle.set_progress_handler(1, move || {
            counter.fetch_add(1, Ordering::Relaxed);
            true
        });
        steps
    }

    /// Returns Postgres's plan of a statement.
    pub(crate) async fn plan_in_postgres(&self, sql: &str) -> String {
        let Store::Postgres(store) = &self.store else {
            panic!("not Postgres");
        };
        let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}")))
            .fetch_all(store.pool())
            .await
            .unwrap();
        lines.join("\n")
    }

    /// Opens the same Postgres database as another role.
    pub(crate) async fn open_as(&self, role: &str) -> Store {
        let (_, place) = self.url.rsplit_once('@').unwrap();
        let url = format!("postgres://{role}@{place}");
        Store::open(&url, 3).await.unwrap().0
    }

    fn dialect(&self, sql: &str) -> String {
        let words = if self.is_postgres() {
            [
                ("{jobs}", "apalis.jobs"),
                ("{workers}", "apalis.workers"),
                ("{now}", "now()"),
                ("{twenty_seconds}", "interval '20 seconds'"),
                ("{junk}", r"'\x00ff'::bytea"),
                ("{huge}", "convert_to(repeat('x', 2000000), 'utf8')"),
                ("{null_function}", "hstore('function', NULL)"),
            ]
        } else {
            [
                ("{jobs}", "Jobs"),
                ("{workers}", "Workers"),
                ("{now}", "unixepoch()"),
                ("{twenty_seconds}", "20"),
                ("{junk}", "'no json'"),
                ("{huge}", "zeroblob(2000000)"),
                ("{null_function}", "'no json'"),
            ]
        };
        words.iter().fold(sql.into(), |sql: String, (word, text)| {
            sql.replace(word, text)
        })
    }
}

impl Drop for OnStore {
    fn drop(&mut self) {
        if self.is_postgres() {
            // The connections are still open. `FORCE` ends them; a thread with its own runtime can wait for that.
            let url = self.url.clone();
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let name = url.rsplit_once('/').unwrap().1;
                    let server = env::var("DURABLE_TEST_POSTGRES").unwrap();
                    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&server)
                        .await
                        .unwrap();
                    let sql = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
                    sqlx::query(sql).execute(&mut connection).await.unwrap();
                });
            });
            let _ = thread.join();
        }
    }
}
