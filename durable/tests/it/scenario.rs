//! A scenario runs in a child of the test, which is the same program: a process opens one store, and shuts down once.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use fire_and_forget::{Counts, Entry};
use fire_and_forget_durable::{Jobs, Options};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Executor, FromRow, PgConnection, SqliteConnection};

/// Has each scenario run on each store. It is called with the number of the process, from 0: it may ask for another.
macro_rules! scenarios {
    ($(async fn $name:ident($store:ident) $body:block)+) => {
        $(async fn $name($store: $crate::scenario::Store) $body)+

        mod on_sqlite {
            $(#[test]
            fn $name() {
                $crate::scenario::run(concat!(module_path!(), "::", stringify!($name)), false, super::$name);
            })+
        }

        mod on_postgres {
            $(#[test]
            fn $name() {
                $crate::scenario::run(concat!(module_path!(), "::", stringify!($name)), true, super::$name);
            })+
        }
    };
}
pub(crate) use scenarios;

/// Has each scenario run on one kind of store: what the other has no like of.
macro_rules! scenarios_on {
    ($on:ident, $is_postgres:literal: $(async fn $name:ident($store:ident) $body:block)+) => {
        $(async fn $name($store: $crate::scenario::Store) $body)+

        mod $on {
            $(#[test]
            fn $name() {
                $crate::scenario::run(concat!(module_path!(), "::", stringify!($name)), $is_postgres, super::$name);
            })+
        }
    };
}
pub(crate) use scenarios_on;

/// The store of a scenario, and a folder for what else it writes.
pub(crate) struct Store {
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    /// Which process of the scenario this is, from 0.
    pub(crate) process: u32,
}

impl Store {
    /// With a heart that beats fast.
    pub(crate) fn options(&self) -> Options {
        Options::new(&self.url)
            .heartbeat(Duration::from_millis(200))
            .poll_interval(Duration::from_millis(20))
            .spool_file(self.spool_file())
    }

    pub(crate) async fn open(&self) -> Jobs {
        self.options().open().await.expect("the store is there")
    }

    pub(crate) fn spool_file(&self) -> PathBuf {
        self.folder.join("spool")
    }

    /// Appends a line to what all processes of a scenario see.
    pub(crate) fn note(&self, line: impl Display) {
        note(&self.folder, line);
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = std::fs::read_to_string(self.folder.join("notes")).unwrap_or_default();
        notes.lines().map(str::to_owned).collect()
    }

    /// Another process of this scenario, of this number: for who kills it, or looks at what it says.
    pub(crate) fn other(&self, process: u32) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(std::env::args().skip(1))
            .env(URL, &self.url)
            .env(PROCESS, process.to_string());
        command
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.is_postgres() {
            "Postgres"
        } else {
            "SQLite"
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Runs statements on a connection of the test's own, with `{jobs}` for the table of jobs.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.replace("{jobs}", self.table()));
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection.execute(sql).await.unwrap().rows_affected()
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            connection.execute(sql).await.unwrap().rows_affected()
        }
    }

    /// The statuses of all jobs, sorted.
    pub(crate) async fn statuses(&self) -> Vec<String> {
        self.column("status", "status").await
    }

    /// What is stored of each job, the oldest first.
    #[cfg(feature = "opentelemetry")]
    pub(crate) async fn jobs(&self) -> Vec<Vec<u8>> {
        self.column("job", "id").await
    }

    async fn column<T>(&self, column: &str, order: &str) -> Vec<T>
    where
        T: Send + Unpin,
        (T,): for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow>,
    {
        let table = self.table();
        let sql = AssertSqlSafe(format!("SELECT {column} FROM {table} ORDER BY {order}"));
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query_scalar(sql).fetch_all(&mut connection);
            rows.await.unwrap()
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query_scalar(sql).fetch_all(&mut connection);
            rows.await.unwrap()
        }
    }

    /// Nobody can write until it is dropped.
    pub(crate) async fn lock(&self) -> Lock {
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection
                .execute("BEGIN; LOCK TABLE apalis.jobs IN ACCESS EXCLUSIVE MODE")
                .await
                .unwrap();
            Lock(Box::new(connection))
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            connection.execute("BEGIN EXCLUSIVE").await.unwrap();
            Lock(Box::new(connection))
        }
    }

    fn table(&self) -> &'static str {
        if self.is_postgres() {
            "apalis.jobs"
        } else {
            "Jobs"
        }
    }
}

/// See [`Store::lock`].
pub(crate) struct Lock(#[expect(dead_code, reason = "it is dropped")] Box<dyn Send>);

/// This process ends here, and the next one of the scenario begins.
pub(crate) fn next_process() -> ! {
    std::process::exit(NEXT)
}

/// For a body: appends a line to what all processes of its scenario see.
pub(crate) fn note_of_body(line: impl Display) {
    note(Path::new(&std::env::var(FOLDER).unwrap()), line);
}

fn note(folder: &Path, line: impl Display) {
    let notes = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("notes"));
    notes
        .unwrap()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

/// The counts of a function: of launches, or of executions.
pub(crate) fn counts(function: &str, backend: &str) -> Counts {
    let ledger = fire_and_forget::ledger();
    let mut entries = ledger.entries().iter();
    let entry = entries.find(|entry| entry.function() == function && entry.backend() == backend);
    entry.map_or(Counts::default(), Entry::counts)
}

/// How often a scenario kills a process.
pub(crate) fn kills() -> u64 {
    std::env::var("DURABLE_KILLS").map_or(5, |kills| kills.parse().expect("a number of kills"))
}

/// A line about the scenario, which the test passes on.
pub(crate) fn say(line: impl Display) {
    println!("{SAYS}{line}");
}

/// Looks until something is so. It has to become so by itself.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// In the test: has children run the scenario. In a child: is the scenario.
pub(crate) fn run<F: Future<Output = ()>>(
    name: &str,
    is_postgres: bool,
    scenario: impl FnOnce(Store) -> F,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if let Ok(url) = std::env::var(URL) {
        let store = Store {
            url,
            folder: std::env::var(FOLDER).unwrap().into(),
            process: std::env::var(PROCESS).unwrap().parse().unwrap(),
        };
        return runtime.block_on(async {
            let patience = PATIENCE + Duration::from_secs(3 * kills());
            let scenario = tokio::time::timeout(patience, scenario(store));
            scenario.await.expect("the scenario ends in time");
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let server = std::env::var("DURABLE_TEST_POSTGRES").ok();
    let url = match (is_postgres, &server) {
        (false, _) => format!("sqlite:{}", folder.path().join("jobs.db").display()),
        (true, Some(server)) => {
            let database = database_of(name);
            runtime.block_on(recreate(server, &database));
            format!("{}/{database}", server.rsplit_once('/').unwrap().0)
        }
        (true, None) => {
            static SAID: Once = Once::new();
            // Not `eprintln!`, which a test that passes keeps to itself.
            SAID.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "scenarios on Postgres are left out: DURABLE_TEST_POSTGRES names no server"
                );
            });
            return;
        }
    };
    let (_, path) = name.split_once("::").unwrap();
    for process in 0.. {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", path, "--nocapture", "--test-threads=1"])
            .env(URL, &url)
            .env(FOLDER, folder.path())
            .env(PROCESS, process.to_string())
            .output()
            .unwrap();
        // Ended by a signal: a scenario that does so goes on in the next process.
        let goes_on = child.status.code().is_none_or(|code| code == NEXT);
        if goes_on && process < MOST_PROCESSES {
            continue;
        }
        let text =
            [child.stdout, child.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(
            child.status.success(),
            "process {process}: {}\n{}\n{}",
            child.status,
            text[0],
            text[1]
        );
        for line in text[0].lines().filter_map(|line| line.split_once(SAYS)) {
            println!("{}", line.1);
        }
        break;
    }
    if let (true, Some(server)) = (is_postgres, server) {
        runtime.block_on(drop_database(&server, &database_of(name)));
    }
}

fn database_of(name: &str) -> String {
    let name: String = name.rsplit("::").next().unwrap().chars().take(40).collect();
    format!("ff_{name}_{}", std::process::id())
}

async fn recreate(server: &str, database: &str) {
    drop_database(server, database).await;
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection
        .execute(AssertSqlSafe(format!("CREATE DATABASE {database}")))
        .await
        .unwrap();
}

async fn drop_database(server: &str, database: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection
        .execute(AssertSqlSafe(format!(
            "DROP DATABASE IF EXISTS {database} WITH (FORCE)"
        )))
        .await
        .unwrap();
}

const URL: &str = "DURABLE_SCENARIO_URL";
const FOLDER: &str = "DURABLE_SCENARIO_FOLDER";
const PROCESS: &str = "DURABLE_SCENARIO_PROCESS";
/// The code of a process that asks for the next one.
const NEXT: i32 = 10;
const MOST_PROCESSES: u32 = 10;
/// Before what the test passes on.
const SAYS: &str = "scenario says: ";
/// Of a scenario that hangs.
const PATIENCE: Duration = Duration::from_secs(100);
