//! Every statement for SQLite, on apalis's schema.
//!
//! SQLite has one writer at a time, so all writes share one connection, whose pool is a fair queue. A `+` before a column
//! in a `WHERE` keeps SQLite from using an index of that column: by `lock_by` it would read all jobs that a worker has ever
//! had. SQLite stores any bytes as a text, and any text in a number's column, so rows that were changed by hand are cast,
//! and must stop no other job.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, QueryBuilder, Row as _, SqliteConnection,
    SqlitePool,
};

use super::{
    Buried, Count, Fetched, InTransaction, MAX_BYTES, Outcome, Place, Result, Row,
    SEEN_LATELY_SECS, layers,
};
use crate::errors::{OpenError, describe};

/// A file with apalis's tables.
#[derive(Clone)]
pub(crate) struct Sqlite {
    /// One connection. SQLite has one writer at a time, and the pool's fair queue is better than SQLite's own pauses.
    writer: SqlitePool,
    readers: SqlitePool,
    /// One connection that never waits for a lock.
    probe: SqlitePool,
}

impl Sqlite {
    #[cfg(test)]
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    pub(super) async fn open(
        url: &str,
        connections: u32,
    ) -> std::result::Result<(Self, Place), OpenError> {
        let in_memory = || {
            OpenError::new("a SQLite database in memory does not survive the process: name a file")
        };
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(in_memory());
        }
        let file = url.split_once(':').map_or(url, |(_, file)| file);
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.split('?').next().is_none_or(str::is_empty) {
            return Err(OpenError::new(
                "the URL names no SQLite file: write `sqlite:` and a path",
            ));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| {
                OpenError::new(format!(
                    "the URL of the SQLite file cannot be read: {}",
                    describe(&error)
                ))
            })?
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on the disk when it returns; in batches that costs little.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        // The URL may contain `%3A` for the colons.
        if options.get_filename() == Path::new(":memory:") {
            return Err(in_memory());
        }
        // Absolute, because a program may change its directory before a later connection is made.
        let file = std::path::absolute(options.get_filename())
            .unwrap_or_else(|_| options.get_filename().to_owned());
        let options = options.filename(&file);
        let failed = |why: String| {
            OpenError::new(format!(
                "cannot open the SQLite file `{}`: {why}",
                file.display()
            ))
        };
        let pool = |most: u32| {
            SqlitePoolOptions::new()
                .min_connections(0)
                .max_connections(most)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_slow_threshold(Duration::MAX)
                // A connection is pinged when it is returned. If it dies afterwards, the statement fails, and is repeated.
                .test_before_acquire(false)
        };
        // Created here and not by SQLite, so that later connections fail if the file is gone. SQLite reports errors better,
        // so the result is ignored.
        let _ = File::options().append(true).create(true).open(&file);
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| failed(explain(&error, &file)))?;
        migrate(&writer)
            .await
            .map_err(|error| failed(explain_migration(&error, &file)))?;
        // Without this index, a heartbeat reads all waiting jobs.
        let _ = sqlx::query(INDEX).execute(&writer).await;
        let store = Self {
            writer,
            readers: pool(connections.saturating_sub(1).max(1)).connect_lazy_with(options.clone()),
            probe: pool(1).connect_lazy_with(options.busy_timeout(Duration::ZERO)),
        };
        // A read-only file that has all tables comes as far as this, and fails here. Other errors may pass, so launches
        // wait for their end.
        let written = sqlx::query("DELETE FROM Workers WHERE FALSE")
            .execute(&store.probe)
            .await;
        if let Err(error) = written
            && code(&error) == Some(8)
        {
            store.close().await;
            return Err(failed(explain(&error, &file)));
        }
        let place = Place {
            name: format!("sqlite:{}", file.display()),
            file: Some(file),
        };
        Ok((store, place))
    }

    pub(super) async fn insert(&self, rows: &[Row]) -> Result<()> {
        insert(&mut *self.writer.acquire().await?, rows).await
    }

    pub(super) async fn settle(
        &self,
        transactions: &[InTransaction],
    ) -> Result<Vec<Option<Vec<String>>>> {
        let mut answers = Vec::with_capacity(transactions.len());
        let ids: Vec<&str> = transactions
            .iter()
            .flat_map(|it| &it.ids)
            .map(String::as_str)
            .collect();
        let visible = present(&mut *self.readers.acquire().await?, &ids).await?;
        for transaction in transactions {
            let there: Vec<String> = transaction
                .ids
                .iter()
                .filter(|id| visible.contains(*id))
                .cloned()
                .collect();
            answers.push((!there.is_empty()).then_some(there));
        }
        if answers.iter().all(Option::is_some) {
            return Ok(answers);
        }
        // The user's transaction has written, so it holds the write lock until it ends. A connection that gets the lock
        // sees the result of the transaction.
        let mut probe = self.probe.acquire().await?;
        let locked = present_under_lock(&mut probe, &ids).await;
        close_if_unclear(&locked, &mut probe);
        let visible = match locked {
            Ok(visible) => visible,
            Err(error) if is_busy(&error) => return Ok(answers),
            Err(error) => return Err(error),
        };
        for (transaction, answer) in transactions.iter().zip(&mut answers) {
            *answer = Some(
                transaction
                    .ids
                    .iter()
                    .filter(|id| visible.contains(*id))
                    .cloned()
                    .collect(),
            );
        }
        Ok(answers)
    }

    pub(super) async fn register(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO Workers (id, worker_type, storage_name, layers, last_seen, started_at)
             VALUES (?1, ?2, 'SqliteStorage', ?3, unixepoch(), unixepoch())
             ON CONFLICT (id) DO UPDATE SET last_seen = unixepoch()",
        )
        .bind(worker)
        .bind(queue)
        .bind(layers(dead_after_secs))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(super) async fn beat(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
        sweeps: bool,
    ) -> Result<bool> {
        let mut writer = self.writer.acquire().await?;
        let beat = beat(&mut writer, worker, queue, dead_after_secs, sweeps).await;
        close_if_unclear(&beat, &mut writer);
        beat
    }

    pub(super) async fn deregister(&self, worker: &str) -> Result<()> {
        sqlx::query("DELETE FROM Workers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = ?1)")
            .bind(worker)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn is_due(&self, queue: &str) -> Result<bool> {
        let due: Option<i64> = sqlx::query_scalar(IS_DUE)
            .bind(queue)
            .fetch_optional(&self.readers)
            .await?;
        Ok(due.is_some())
    }

    pub(super) async fn fetch(
        &self,
        worker: &str,
        queue: &str,
        limit: usize,
        suspects: usize,
    ) -> Result<Vec<Fetched>> {
        let rows = sqlx::query(FETCH)
            .bind(worker)
            .bind(queue)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(MAX_BYTES).unwrap_or(i64::MAX))
            .bind(i64::try_from(suspects).unwrap_or(i64::MAX))
            .fetch_all(&self.writer)
            .await?;
        // SQLite promises no order of RETURNING.
        let mut fetched: Vec<_> = rows.iter().filter_map(fetched).collect();
        fetched.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(fetched.into_iter().map(|(_, job)| job).collect())
    }

    pub(super) async fn note(&self, worker: &str, id: &str, job: &[u8]) -> Result<bool> {
        let noted = sqlx::query("UPDATE Jobs SET job = ?3 WHERE id = ?1 AND +lock_by = ?2 AND +status IN ('Queued', 'Running')")
            .bind(id)
            .bind(worker)
            .bind(job)
            .execute(&self.writer)
            .await?;
        Ok(noted.rows_affected() > 0)
    }

    pub(super) async fn finish(&self, worker: &str, outcomes: &[Outcome]) -> Result<u64> {
        let all: Vec<_> = outcomes
            .iter()
            .map(|it| {
                let job = it.job.as_deref().map(String::from_utf8_lossy);
                (
                    &it.id,
                    it.status(),
                    &it.result,
                    it.delay_secs(),
                    job,
                    &it.fence,
                )
            })
            .collect();
        let all = serde_json::to_string(&all).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let finished = sqlx::query(FINISH)
            .bind(all)
            .bind(worker)
            .execute(&self.writer)
            .await?;
        Ok(finished.rows_affected())
    }

    pub(super) async fn release(&self, worker: &str, ids: &[String]) -> Result<u64> {
        let ids = serde_json::to_string(ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let released = sqlx::query(
            "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL
             WHERE id IN (SELECT value FROM json_each(?2)) AND +lock_by = ?1 AND +status IN ('Queued', 'Running')",
        )
        .bind(worker)
        .bind(ids)
        .execute(&self.writer)
        .await?;
        Ok(released.rows_affected())
    }

    pub(super) async fn release_others(&self, worker: &str, known: &[String]) -> Result<u64> {
        let known =
            serde_json::to_string(known).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let released = sqlx::query(
            "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL
             WHERE +lock_by = ?1 AND status IN ('Queued', 'Running') AND id NOT IN (SELECT value FROM json_each(?2))",
        )
        .bind(worker)
        .bind(known)
        .execute(&self.writer)
        .await?;
        Ok(released.rows_affected())
    }

    pub(super) async fn buried(&self, worker: &str, ids: &[&str]) -> Result<Vec<String>> {
        let ids = serde_json::to_string(ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query_scalar(
            "SELECT id FROM Jobs WHERE id IN (SELECT value FROM json_each(?2)) AND +lock_by = ?1 AND +status = 'Killed'",
        )
        .bind(worker)
        .bind(ids)
        .fetch_all(&self.readers)
        .await
    }

    pub(super) async fn counts(&self) -> Result<Vec<Count>> {
        let rows = sqlx::query(
            "SELECT cast(job_type as text) AS queue, cast(status as text) AS status, count(*) AS jobs,
                CASE WHEN json_valid(metadata) THEN cast(metadata ->> '$.function' as text) END AS function,
                cast(max(CASE WHEN typeof(run_at) = 'integer' AND run_at <= unixepoch() THEN unixepoch() - run_at END) as real) AS oldest
             FROM Jobs GROUP BY 1, 2, 4",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Count {
                    queue: text(row, "queue").unwrap_or_default(),
                    function: text(row, "function"),
                    status: text(row, "status").unwrap_or_default(),
                    jobs: row.try_get("jobs")?,
                    oldest_secs: row.try_get("oldest")?,
                })
            })
            .collect()
    }

    pub(super) async fn unattended(&self) -> Result<Vec<String>> {
        let rows = sqlx::query(
            "SELECT DISTINCT cast(job_type as text) AS queue FROM Jobs WHERE status IN ('Pending', 'Queued', 'Running') AND NOT EXISTS
                (SELECT 1 FROM Workers WHERE worker_type = job_type AND unixepoch() - last_seen < ?1)
             ORDER BY 1",
        )
        .bind(SEEN_LATELY_SECS)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.iter().filter_map(|row| text(row, "queue")).collect())
    }

    pub(super) async fn dead(&self, id: Option<&str>, limit: i64) -> Result<Vec<Buried>> {
        let rows = sqlx::query(
            "SELECT cast(id as text) AS id, cast(job_type as text) AS queue, cast(job as blob) AS job,
                CASE WHEN json_valid(metadata) THEN cast(metadata ->> '$.function' as text) END AS function,
                cast(last_result as text) AS last_result, cast(done_at as real) AS died_on
             FROM Jobs WHERE status = 'Killed' AND (?1 IS NULL OR id = ?1) ORDER BY done_at DESC, id DESC LIMIT ?2",
        )
        .bind(id)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Buried {
                    id: text(row, "id").unwrap_or_default(),
                    queue: text(row, "queue").unwrap_or_default(),
                    function: text(row, "function"),
                    job: row.try_get("job")?,
                    last_result: text(row, "last_result"),
                    died_on: row.try_get("died_on")?,
                })
            })
            .collect()
    }

    pub(super) async fn revive(&self, id: &str, job: &[u8]) -> Result<bool> {
        let revived = sqlx::query(
            "UPDATE Jobs SET status = 'Pending', attempts = 0, job = ?2, last_result = NULL, run_at = unixepoch(),
                done_at = NULL, lock_by = NULL, lock_at = NULL WHERE id = ?1 AND status = 'Killed'",
        )
        .bind(id)
        .bind(job)
        .execute(&self.writer)
        .await?;
        Ok(revived.rows_affected() > 0)
    }

    pub(super) async fn discard(&self, id: &str) -> Result<bool> {
        let discarded = sqlx::query("DELETE FROM Jobs WHERE id = ?1 AND status = 'Killed'")
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(discarded.rows_affected() > 0)
    }

    pub(super) async fn prune(
        &self,
        status: &'static str,
        older_than_secs: f64,
        limit: i64,
    ) -> Result<u64> {
        let pruned = sqlx::query(AssertSqlSafe(prune(status)))
            .bind(older_than_secs)
            .bind(limit)
            .execute(&self.writer)
            .await?;
        Ok(pruned.rows_affected())
    }

    pub(super) async fn prune_workers(&self) -> Result<u64> {
        let pruned = sqlx::query(
            "DELETE FROM Workers WHERE layers GLOB 'fire-and-forget*' AND unixepoch() - last_seen > 3600
                AND NOT EXISTS (SELECT 1 FROM Jobs WHERE lock_by = Workers.id)",
        )
        .execute(&self.writer)
        .await?;
        Ok(pruned.rows_affected())
    }

    pub(super) async fn close(&self) {
        self.probe.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Inserts rows with one statement, which needs no transaction of its own.
pub(crate) async fn insert(connection: &mut SqliteConnection, rows: &[Row]) -> Result<()> {
    // The schema has whole seconds. A delay is rounded up, so that no job runs too early.
    let mut sql = QueryBuilder::new(
        "INSERT INTO Jobs (id, job, job_type, status, attempts, max_attempts, run_at, priority, metadata) ",
    );
    sql.push_values(rows, |mut values, row| {
        values
            .push_bind(&*row.id)
            .push_bind(&*row.job)
            .push_bind(&*row.queue)
            .push("'Pending', 0, 2147483647");
        if row.delay().is_zero() {
            values.push("unixepoch()");
        } else {
            values
                .push("cast(unixepoch('subsec') + ")
                .push_bind_unseparated(row.delay().as_secs_f64());
            values.push_unseparated(" + 0.999 as integer)");
        }
        values
            .push("0")
            .push("json_object('function', ")
            .push_bind_unseparated(&*row.function);
        values.push_unseparated(")");
    });
    sql.push(" ON CONFLICT (id) DO NOTHING");
    // Statements of other sizes would push the frequent ones out of the statement cache.
    let is_usual = rows.len() == 1 || rows.len() == super::MAX_ROWS;
    sql.build().persistent(is_usual).execute(connection).await?;
    Ok(())
}

/// Returns the ids that have rows.
async fn present(connection: &mut SqliteConnection, ids: &[&str]) -> Result<HashSet<String>> {
    let ids = serde_json::to_string(ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query_scalar("SELECT id FROM Jobs WHERE id IN (SELECT value FROM json_each(?1))")
        .bind(ids)
        .fetch_all(connection)
        .await
        .map(HashSet::from_iter)
}

/// The order of fetched jobs: descending priority, time, id.
type Order = (i64, i64, String);

/// Reads a fetched row. `None` if its id is no text, so that no statement could name it; it stays with this worker, where it
/// holds up no other job.
fn fetched(row: &SqliteRow) -> Option<(Order, Fetched)> {
    let id: Vec<u8> = row.try_get("id").ok()?;
    let id = String::from_utf8(id).ok()?;
    let order = (
        -row.try_get::<i64, _>("priority").unwrap_or(0),
        row.try_get("run_at").unwrap_or(0),
        id.clone(),
    );
    let job = Fetched {
        id,
        job: row.try_get("job").ok()?,
        interruptions: row.try_get("attempts").unwrap_or(0),
        last_result: text(row, "last_result"),
        fence: row.try_get("fence").ok()?,
    };
    Some((order, job))
}

/// Reads a text. SQLite takes any bytes for one, so invalid UTF-8 is replaced.
fn text(row: &SqliteRow, column: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = row.try_get(column).ok()?;
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

async fn migrate(pool: &SqlitePool) -> std::result::Result<(), MigrateError> {
    // Of two processes that create the tables at once, one fails, and finds them a moment later.
    let mut tries = 0;
    loop {
        let mut migrations = apalis_sqlite::SqliteStorage::migrations();
        // Not the usual name: the user's own migrations may have that table, and sqlx refuses migrations that it does not know.
        migrations.dangerous_set_table_name("_apalis_migrations");
        match migrations.run(pool).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if tries < 20 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
}

fn explain(error: &sqlx::Error, file: &Path) -> String {
    match code(error) {
        Some(26) => "it is not a SQLite database".into(),
        Some(8) => "it cannot be written".into(),
        Some(14)
            if file
                .parent()
                .is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) =>
        {
            "its folder does not exist".into()
        }
        Some(13) => "the disk is full".into(),
        _ => describe(error),
    }
}

fn explain_migration(error: &MigrateError, file: &Path) -> String {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            explain(error, file)
        }
        MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
            format!(
                "its tables belong to another version of apalis-sqlite than 1.0 (migration {version})"
            )
        }
        error => error.to_string(),
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(5 | 6)) || matches!(error, sqlx::Error::PoolTimedOut)
}

/// Returns SQLite's primary code of the error.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Returns the ids that have rows, read under the write lock.
async fn present_under_lock(probe: &mut SqliteConnection, ids: &[&str]) -> Result<HashSet<String>> {
    let mut lock = probe.begin_with("BEGIN IMMEDIATE").await?;
    let visible = present(&mut lock, ids).await?;
    lock.rollback().await?;
    Ok(visible)
}

/// Does the work of [`Sqlite::beat`] on one connection.
async fn beat(
    writer: &mut SqliteConnection,
    worker: &str,
    queue: &str,
    dead_after_secs: i64,
    sweeps: bool,
) -> Result<bool> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let is_known = sqlx::query("UPDATE Workers SET last_seen = unixepoch() WHERE id = ?1")
        .bind(worker)
        .execute(&mut *transaction)
        .await?
        .rows_affected()
        > 0;
    if !sweeps {
        transaction.commit().await?;
        return Ok(is_known);
    }
    sqlx::query(MISSING_WORKERS)
        .bind(layers(dead_after_secs))
        .bind(queue)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(SWEEP)
        .bind(dead_after_secs)
        .bind(queue)
        .bind(worker)
        .execute(&mut *transaction)
        .await?;
    for freed in FREED {
        sqlx::query(freed)
            .bind(queue)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(is_known)
}

/// Closes the connection after an error in a transaction.
///
/// SQLite rolls some transactions back by itself, for example if the disk is full. sqlx would then take the connection to
/// be in a transaction for ever.
fn close_if_unclear<T>(result: &Result<T>, connection: &mut PoolConnection<sqlx::Sqlite>) {
    if result.as_ref().is_err_and(|error| !is_busy(error)) {
        connection.close_on_drop();
    }
}

/// Looks for any job that is due. In the order of a fetch, it would walk through all jobs for later if none is due.
///
/// `+` keeps the search on the index by `run_at`.
pub(super) const IS_DUE: &str =
    "SELECT 1 FROM Jobs WHERE job_type = ?1 AND status = 'Pending' AND run_at <= unixepoch()
    AND +lock_by IS NULL LIMIT 1";

/// Inserts rows for workers that hold jobs and whose rows were deleted from outside, as if they had just been seen. So a
/// live worker keeps its jobs, and a dead one is noticed like others.
const MISSING_WORKERS: &str = "INSERT OR IGNORE INTO Workers (id, worker_type, storage_name, layers, last_seen, started_at)
    SELECT lock_by, job_type, 'SqliteStorage', ?1, unixepoch(), unixepoch() FROM Jobs
    WHERE status IN ('Running', 'Queued') AND +job_type = ?2 AND +lock_by IS NOT NULL AND lock_by NOT IN (SELECT id FROM Workers)";

/// An index of waiting jobs that are locked, which only a change by hand makes. apalis has one of waiting jobs without a lock.
const INDEX: &str =
    "CREATE INDEX IF NOT EXISTS ff_jobs_pending_locked ON Jobs (job_type, status, lock_by)
    WHERE status = 'Pending' AND lock_by IS NOT NULL";

/// Frees jobs that no worker has and no fetch would find, because their rows were changed by hand.
pub(super) const FREED: [&str; 2] = [
    "UPDATE Jobs SET status = 'Pending', lock_at = NULL
        WHERE job_type = ?1 AND status IN ('Running', 'Queued') AND +lock_by IS NULL",
    "UPDATE Jobs SET lock_by = NULL, lock_at = NULL
        WHERE job_type = ?1 AND status = 'Pending' AND lock_by >= ''",
];

/// Puts back the jobs of dead workers.
///
/// `+` keeps the search on the index by status: the index by `lock_by` would read all jobs that dead workers have ever done.
pub(super) const SWEEP: &str = "UPDATE Jobs SET status = 'Pending', done_at = NULL, lock_by = NULL, lock_at = NULL, attempts = attempts + 1
    WHERE status IN ('Running', 'Queued') AND +lock_by IN
        (SELECT id FROM Workers WHERE worker_type = ?2 AND id <> ?3 AND unixepoch() - last_seen >=
            CASE WHEN layers GLOB 'fire-and-forget;[0-9]*' THEN cast(substr(layers, 17) as integer) ELSE ?1 END)";

/// Returns the statement that prunes. SQLite uses the partial index only if the statement repeats the index's condition word by
/// word, and takes the oldest rows first.
pub(super) fn prune(status: &'static str) -> String {
    format!(
        "DELETE FROM Jobs WHERE rowid IN
            (SELECT rowid FROM Jobs WHERE status = '{status}' AND status IN ('Done', 'Failed', 'Killed') AND done_at IS NOT NULL
                AND done_at < unixepoch() - ?1
                AND json_valid(metadata) AND metadata ->> '$.function' IS NOT NULL ORDER BY done_at LIMIT ?2)"
    )
}

/// Fetches jobs; apalis's `fetch_next`, without the half for the status `Failed`, which we never write.
///
/// `levels` are the priorities of waiting jobs, found one after the other. Within one priority, the index sorts by time, so
/// the jobs that are not due yet are not walked through. `CROSS JOIN` makes `levels` the outer loop, so the highest
/// priority comes first.
///
/// Suspects are searched among the first jobs only: they were fetched before, so they have been due longest.
pub(super) const FETCH: &str = "WITH RECURSIVE levels(priority) AS (
        SELECT * FROM (SELECT priority FROM Jobs WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
            ORDER BY priority DESC LIMIT 1)
        UNION ALL SELECT (SELECT Jobs.priority FROM Jobs WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
            AND Jobs.priority < levels.priority ORDER BY Jobs.priority DESC LIMIT 1) FROM levels WHERE priority IS NOT NULL)
    UPDATE Jobs SET status = 'Queued', lock_by = ?1, lock_at = unixepoch()
    WHERE rowid IN (SELECT * FROM (SELECT Jobs.rowid FROM levels CROSS JOIN Jobs USING (priority)
            WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL AND run_at <= unixepoch() AND attempts <= 0 LIMIT ?3)
        UNION ALL SELECT * FROM (SELECT rowid FROM (SELECT Jobs.rowid, attempts FROM levels CROSS JOIN Jobs USING (priority)
            WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL AND run_at <= unixepoch()
            LIMIT iif(?5 > 0, ?3 + ?5, 0)) WHERE attempts > 0 LIMIT ?5))
    RETURNING cast(id as text) AS id, CASE WHEN length(cast(job as blob)) <= ?4 THEN cast(job as blob) END AS job,
        cast(attempts as integer) AS attempts, cast(last_result as text) AS last_result,
        cast(priority as integer) AS priority, cast(run_at as integer) AS run_at, hex(run_at || '/' || attempts) AS fence";

/// Writes outcomes. `+` keeps SQLite from the index of `lock_by`: `json_each` is the outer loop, and each job is found by
/// its id.
pub(super) const FINISH: &str = "UPDATE Jobs SET status = j.status, last_result = j.result, job = coalesce(cast(j.job as blob), Jobs.job),
        attempts = iif(j.status = 'Pending', 0, attempts + 1), done_at = iif(j.status = 'Pending', NULL, unixepoch()),
        run_at = iif(j.status <> 'Pending', run_at, iif(j.delay > 0, cast(unixepoch('subsec') + j.delay + 0.999 as integer), unixepoch())),
        lock_by = iif(j.status = 'Pending', NULL, lock_by), lock_at = iif(j.status = 'Pending', NULL, lock_at)
    FROM (SELECT value ->> 0 AS id, value ->> 1 AS status, value ->> 2 AS result, value ->> 3 AS delay, value ->> 4 AS job,
        value ->> 5 AS fence FROM json_each(?1)) AS j
    WHERE Jobs.id = j.id AND +Jobs.lock_by = ?2 AND +Jobs.status IN ('Queued', 'Running')
        AND hex(Jobs.run_at || '/' || Jobs.attempts) = j.fence";
