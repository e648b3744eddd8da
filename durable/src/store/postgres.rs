//! Every statement for Postgres, on apalis's schema.
//!
//! Statements that search rows lock them with `SKIP LOCKED`, so workers do not wait for each other. A row that was changed
//! by hand must stop no other job: arithmetic is bounded, times are compared and not subtracted, and sizes are checked in
//! SQL.

use std::borrow::Cow;
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection, Executor as _, PgConnection, PgPool, Row as _,
};

use super::{
    Buried, Count, Fetched, InTransaction, MAX_BYTES, Outcome, Place, Result, Row,
    SEEN_LATELY_SECS, layers,
};
use crate::errors::{OpenError, describe};
use crate::notice::notice;

/// A database with apalis's tables.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: PgPool,
    texts: Arc<Texts>,
}

/// The statements that name the schema of the extension hstore, which a user's search path may lack.
pub(crate) struct Texts {
    insert: String,
    counts: String,
    dead: String,
    schema: String,
}

impl Postgres {
    #[cfg(test)]
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    #[cfg(test)]
    pub(super) fn prune_text(&self) -> String {
        self.texts.prune("Done")
    }

    pub(super) async fn open(
        url: &str,
        connections: u32,
    ) -> std::result::Result<(Self, Place), OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| {
                OpenError::new(format!(
                    "the URL of the Postgres database cannot be read: {}",
                    describe(&error)
                ))
            })?
            .disable_statement_logging();
        let name = format!(
            "postgres://{}@{}:{}/{}",
            options.get_username(),
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        );
        let failed = |why: String| OpenError::new(format!("cannot open `{name}`: {why}"));
        // Without a pool, which would hide "connection refused" behind a timeout.
        let mut connection =
            tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
                .await
                .map_err(|_| failed(format!("no answer within {CONNECT_TIMEOUT:?}")))?
                .map_err(|error| failed(describe(&error)))?;
        be_quiet(&mut connection)
            .await
            .map_err(|error| failed(describe(&error)))?;
        migrate(&mut connection)
            .await
            .map_err(|error| failed(explain(&error)))?;
        create_indexes(&mut connection).await;
        let schema: Option<String> = sqlx::query_scalar(
            "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'hstore'",
        )
        .fetch_optional(&mut connection)
        .await
        .map_err(|error| failed(describe(&error)))?;
        let schema = schema.ok_or_else(|| {
            failed("the extension hstore is missing: run `CREATE EXTENSION hstore`".into())
        })?;
        let _ = connection.close().await;
        let store = Self {
            pool: PgPoolOptions::new()
                .max_connections(connections.max(2))
                .acquire_slow_threshold(Duration::MAX)
                .after_connect(|connection, _| Box::pin(be_quiet(connection)))
                // A connection is pinged when it is returned. If it dies afterwards, the statement fails, and is repeated.
                .test_before_acquire(false)
                .connect_lazy_with(options),
            texts: Arc::new(Texts::new(&schema)),
        };
        Ok((store, Place { name, file: None }))
    }

    pub(super) async fn insert(&self, rows: &[Row]) -> Result<()> {
        insert(&mut *self.pool.acquire().await?, &self.texts, rows).await
    }

    /// Inserts rows in a transaction of the user's, and returns its number.
    pub(crate) async fn insert_in(
        &self,
        connection: &mut PgConnection,
        rows: &[Row],
    ) -> Result<String> {
        insert(connection, &self.texts, rows).await?;
        sqlx::query_scalar("SELECT pg_current_xact_id()::text")
            .fetch_one(connection)
            .await
    }

    pub(super) async fn settle(
        &self,
        transactions: &[InTransaction],
    ) -> Result<Vec<Option<Vec<String>>>> {
        let numbers: Vec<&str> = transactions
            .iter()
            .map(|it| it.number.as_deref().unwrap_or_default())
            .collect();
        // The status is null if the server has forgotten the transaction, which is over then.
        let statuses: Vec<Option<String>> =
            sqlx::query_scalar("SELECT pg_xact_status(n::xid8) FROM unnest($1::text[]) WITH ORDINALITY AS t(n, o) ORDER BY o")
                .bind(numbers)
                .fetch_all(&self.pool)
                .await?;
        // A statement of its own, so that its snapshot is younger than the statuses.
        let ids: Vec<&str> = transactions
            .iter()
            .flat_map(|it| &it.ids)
            .map(String::as_str)
            .collect();
        let present: Vec<String> =
            sqlx::query_scalar("SELECT id FROM apalis.jobs WHERE id = ANY($1)")
                .bind(ids)
                .fetch_all(&self.pool)
                .await?;
        let present = HashSet::<String>::from_iter(present);
        let answers = transactions
            .iter()
            .zip(statuses)
            .map(|(transaction, status)| {
                // Rows can be missing after a commit, if a savepoint was rolled back.
                let is_over = status.as_deref() != Some("in progress");
                is_over.then(|| {
                    transaction
                        .ids
                        .iter()
                        .filter(|id| present.contains(*id))
                        .cloned()
                        .collect()
                })
            });
        Ok(answers.collect())
    }

    pub(super) async fn register(
        &self,
        worker: &str,
        queue: &str,
        dead_after_secs: i64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen, started_at)
             VALUES ($1, $2, 'PostgresStorage', $3, now(), now())
             ON CONFLICT (id) DO UPDATE SET last_seen = now()",
        )
        .bind(worker)
        .bind(queue)
        .bind(layers(dead_after_secs))
        .execute(&self.pool)
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
        let mut transaction = self.pool.begin().await?;
        let is_known = sqlx::query("UPDATE apalis.workers SET last_seen = now() WHERE id = $1")
            .bind(worker)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
            > 0;
        if !sweeps {
            transaction.commit().await?;
            return Ok(is_known);
        }
        sqlx::query(SWEEP)
            .bind(seconds(dead_after_secs))
            .bind(queue)
            .bind(worker)
            .execute(&mut *transaction)
            .await?;
        // Jobs that no worker has and no fetch would find.
        sqlx::query(
            "UPDATE apalis.jobs SET status = 'Pending', lock_at = NULL WHERE id IN
                (SELECT id FROM apalis.jobs WHERE lock_by IS NULL AND status IN ('Running', 'Queued') AND job_type = $1
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(queue)
        .execute(&mut *transaction)
        .await?;
        // A fetch finds no job without a priority either.
        sqlx::query(
            "UPDATE apalis.jobs SET priority = 0 WHERE id IN
                (SELECT id FROM apalis.jobs WHERE status = 'Pending' AND job_type = $1 AND priority IS NULL FOR UPDATE SKIP LOCKED)",
        )
        .bind(queue)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(is_known)
    }

    pub(super) async fn deregister(&self, worker: &str) -> Result<()> {
        sqlx::query("DELETE FROM apalis.workers WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = $1)")
            .bind(worker)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn is_due(&self, queue: &str) -> Result<bool> {
        let due: Option<i32> = sqlx::query_scalar(
            "SELECT 1 FROM apalis.jobs WHERE job_type = $1 AND status = 'Pending' AND run_at < now() ORDER BY priority DESC, run_at LIMIT 1",
        )
        .bind(queue)
        .fetch_optional(&self.pool)
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
            .bind(i32::try_from(limit).unwrap_or(i32::MAX))
            .bind(i32::try_from(MAX_BYTES).unwrap_or(i32::MAX))
            .bind(i32::try_from(suspects).unwrap_or(i32::MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(fetched).collect()
    }

    pub(super) async fn note(&self, worker: &str, id: &str, job: &[u8]) -> Result<bool> {
        let noted = sqlx::query("UPDATE apalis.jobs SET job = $3 WHERE id = $1 AND lock_by = $2 AND status IN ('Queued', 'Running')")
            .bind(id)
            .bind(worker)
            .bind(job)
            .execute(&self.pool)
            .await?;
        Ok(noted.rows_affected() > 0)
    }

    pub(super) async fn finish(&self, worker: &str, outcomes: &[Outcome]) -> Result<u64> {
        let ids: Vec<&str> = outcomes.iter().map(|it| &*it.id).collect();
        let statuses: Vec<&str> = outcomes.iter().map(Outcome::status).collect();
        let results: Vec<&str> = outcomes.iter().map(|it| &*it.result).collect();
        let delays: Vec<f64> = outcomes.iter().map(Outcome::delay_secs).collect();
        let jobs: Vec<Option<&[u8]>> = outcomes.iter().map(|it| it.job.as_deref()).collect();
        let fences: Vec<&str> = outcomes.iter().map(|it| &*it.fence).collect();
        let finished = sqlx::query(FINISH)
            .bind(ids)
            .bind(worker)
            .bind(statuses)
            .bind(results)
            .bind(delays)
            .bind(jobs)
            .bind(fences)
            .execute(&self.pool)
            .await?;
        Ok(finished.rows_affected())
    }

    pub(super) async fn release(&self, worker: &str, ids: &[String]) -> Result<u64> {
        let released = sqlx::query(
            "UPDATE apalis.jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL
             WHERE id = ANY($2) AND lock_by = $1 AND status IN ('Queued', 'Running')",
        )
        .bind(worker)
        .bind(ids)
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected())
    }

    pub(super) async fn release_others(&self, worker: &str, known: &[String]) -> Result<u64> {
        let released = sqlx::query(
            "UPDATE apalis.jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL
             WHERE lock_by = $1 AND status IN ('Queued', 'Running') AND id <> ALL($2)",
        )
        .bind(worker)
        .bind(known)
        .execute(&self.pool)
        .await?;
        Ok(released.rows_affected())
    }

    pub(super) async fn buried(&self, worker: &str, ids: &[&str]) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT id FROM apalis.jobs WHERE id = ANY($2) AND lock_by = $1 AND status = 'Killed'",
        )
        .bind(worker)
        .bind(ids)
        .fetch_all(&self.pool)
        .await
    }

    pub(super) async fn counts(&self) -> Result<Vec<Count>> {
        let rows = sqlx::query(AssertSqlSafe(self.texts.counts.clone()))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Count {
                    queue: row.try_get("queue")?,
                    function: row.try_get("function")?,
                    status: row.try_get("status")?,
                    jobs: row.try_get("jobs")?,
                    oldest_secs: row.try_get("oldest")?,
                })
            })
            .collect()
    }

    pub(super) async fn unattended(&self) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT job_type FROM (SELECT DISTINCT job_type FROM apalis.jobs WHERE status IN ('Pending', 'Queued', 'Running')) AS q
             WHERE NOT EXISTS (SELECT 1 FROM apalis.workers WHERE worker_type = job_type AND last_seen > now() - make_interval(secs => $1))
             ORDER BY 1",
        )
        .bind(seconds(SEEN_LATELY_SECS))
        .fetch_all(&self.pool)
        .await
    }

    pub(super) async fn dead(&self, id: Option<&str>, limit: i64) -> Result<Vec<Buried>> {
        let rows = sqlx::query(AssertSqlSafe(self.texts.dead.clone()))
            .bind(id)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Buried {
                    id: row.try_get("id")?,
                    queue: row.try_get("queue")?,
                    function: row.try_get("function")?,
                    job: row.try_get("job")?,
                    last_result: row.try_get("last_result")?,
                    died_on: row.try_get("died_on")?,
                })
            })
            .collect()
    }

    pub(super) async fn revive(&self, id: &str, job: &[u8]) -> Result<bool> {
        let revived = sqlx::query(
            "UPDATE apalis.jobs SET status = 'Pending', attempts = 0, job = $2, last_result = NULL, run_at = now(),
                done_at = NULL, lock_by = NULL, lock_at = NULL WHERE id = $1 AND status = 'Killed'",
        )
        .bind(id)
        .bind(job)
        .execute(&self.pool)
        .await?;
        Ok(revived.rows_affected() > 0)
    }

    pub(super) async fn discard(&self, id: &str) -> Result<bool> {
        let discarded = sqlx::query("DELETE FROM apalis.jobs WHERE id = $1 AND status = 'Killed'")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(discarded.rows_affected() > 0)
    }

    pub(super) async fn prune(
        &self,
        status: &'static str,
        older_than_secs: f64,
        limit: i64,
    ) -> Result<u64> {
        let pruned = sqlx::query(AssertSqlSafe(self.texts.prune(status)))
            .bind(older_than_secs)
            .bind(limit)
            .execute(&self.pool)
            .await?;
        Ok(pruned.rows_affected())
    }

    pub(super) async fn prune_workers(&self) -> Result<u64> {
        let pruned = sqlx::query(
            "DELETE FROM apalis.workers WHERE layers LIKE 'fire-and-forget%' AND last_seen < now() - interval '1 hour'
                AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = workers.id)",
        )
        .execute(&self.pool)
        .await?;
        Ok(pruned.rows_affected())
    }

    pub(super) async fn listen(&self) -> Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen("apalis::job::insert").await?;
        Ok(listener)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Has the server send errors only. sqlx would log other messages on the store's thread, where a log that blocks stops
/// heartbeats.
async fn be_quiet(connection: &mut PgConnection) -> Result<()> {
    connection
        .execute("SET client_min_messages = 'error'")
        .await?;
    Ok(())
}

/// Waits for the next job that apalis's trigger announces, and returns its queue.
pub(super) async fn next(listener: &mut PgListener) -> Result<String> {
    loop {
        let told = listener.recv().await?;
        let told: serde_json::Value = serde_json::from_str(told.payload()).unwrap_or_default();
        if let Some(queue) = told["job_type"].as_str() {
            return Ok(queue.into());
        }
    }
}

async fn insert(connection: &mut PgConnection, texts: &Texts, rows: &[Row]) -> Result<()> {
    let ids: Vec<&str> = rows.iter().map(|it| &*it.id).collect();
    let jobs: Vec<&[u8]> = rows.iter().map(|it| &*it.job).collect();
    let queues: Vec<&str> = rows.iter().map(|it| &*it.queue).collect();
    let functions: Vec<&str> = rows.iter().map(|it| &*it.function).collect();
    let delays: Vec<f64> = rows.iter().map(|it| it.delay().as_secs_f64()).collect();
    sqlx::query(AssertSqlSafe(texts.insert.clone()))
        .bind(ids)
        .bind(jobs)
        .bind(queues)
        .bind(functions)
        .bind(delays)
        .execute(connection)
        .await?;
    Ok(())
}

fn fetched(row: &PgRow) -> Result<Fetched> {
    Ok(Fetched {
        id: row.try_get("id")?,
        job: row.try_get("job")?,
        interruptions: row.try_get("attempts")?,
        last_result: row.try_get("last_result")?,
        fence: row.try_get("fence")?,
    })
}

impl Texts {
    fn new(schema: &str) -> Self {
        Self {
            // Rows of a batch are due one microsecond apart, which keeps their order without sorting by id.
            insert: format!(
                "INSERT INTO apalis.jobs (id, job, job_type, status, attempts, max_attempts, run_at, priority, metadata)
                 SELECT t.id, t.job, t.queue, 'Pending', 0, 2147483647,
                    now() + make_interval(secs => t.delay) + (t.n - cardinality($1)) * interval '1 microsecond', 0,
                    {schema}.hstore('function', t.function)
                 FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::float8[]) WITH ORDINALITY AS t(id, job, queue, function, delay, n)
                 ON CONFLICT (id) DO NOTHING"
            ),
            counts: format!(
                "SELECT job_type AS queue, status, count(*) AS jobs, {schema}.fetchval(metadata, 'function') AS function,
                    extract(epoch FROM now() - min(run_at) FILTER (WHERE run_at <= now() AND isfinite(run_at)))::float8 AS oldest
                 FROM apalis.jobs GROUP BY 1, 2, 4"
            ),
            dead: format!(
                "SELECT id, job_type AS queue, job, {schema}.fetchval(metadata, 'function') AS function,
                    last_result::text AS last_result, extract(epoch FROM done_at)::float8 AS died_on
                 FROM apalis.jobs WHERE status = 'Killed' AND ($1::text IS NULL OR id = $1) ORDER BY done_at DESC, id DESC LIMIT $2"
            ),
            schema: schema.into(),
        }
    }

    /// Returns the statement that prunes. The status is in its text, so that the partial index `ff_jobs_ended` can be used.
    fn prune(&self, status: &'static str) -> String {
        let schema = &self.schema;
        format!(
            "DELETE FROM apalis.jobs WHERE id IN
                (SELECT id FROM apalis.jobs WHERE status = '{status}' AND done_at < now() - make_interval(secs => $1)
                    AND {schema}.exist(metadata, 'function') LIMIT $2 FOR UPDATE SKIP LOCKED)"
        )
    }
}

/// Creates those of our indexes that are missing. They only make the sweep and pruning faster, so a user without the rights to
/// create them works without them.
async fn create_indexes(connection: &mut PgConnection) {
    for (name, index) in INDEXES {
        let is_there = sqlx::query_scalar("SELECT to_regclass('apalis.' || $1) IS NOT NULL")
            .bind(name)
            .fetch_one(&mut *connection)
            .await;
        if is_there.unwrap_or(true) {
            continue;
        }
        // No job can be stored while an index is created, so the time is limited.
        let create = format!(
            "SET lock_timeout = '2s'; SET statement_timeout = '10s'; CREATE INDEX IF NOT EXISTS {name} {index}"
        );
        let created = sqlx::raw_sql(AssertSqlSafe(create))
            .execute(&mut *connection)
            .await;
        if let Err(error) = created
            && !is_refused(&error)
            && !is_race(&error)
        {
            notice(format_args!(
                "the store lacks an index; create it with `CREATE INDEX CONCURRENTLY {name} {index}`: {}",
                describe(&error)
            ));
        }
    }
}

/// Applies migrations only if some are missing, because even a migration of nothing takes the rights of an owner.
async fn migrate(connection: &mut PgConnection) -> std::result::Result<(), MigrateError> {
    let mut tries = 0;
    loop {
        let migrations = apalis_postgres::PostgresStorage::<()>::migrations();
        let result = match is_migrated(connection, &migrations).await {
            Ok(true) => return Ok(()),
            Ok(false) => migrations.run(&mut *connection).await,
            Err(error) => Err(MigrateError::Execute(error)),
        };
        match result {
            // Of two programs that create the schema at once, one fails, and finds it done a moment later.
            Err(MigrateError::Execute(error)) if tries < 20 && is_race(&error) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
}

async fn is_migrated(connection: &mut PgConnection, migrations: &Migrator) -> Result<bool> {
    let has_table: bool =
        sqlx::query_scalar("SELECT to_regclass('apalis._sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
    if !has_table {
        return Ok(false);
    }
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT version, checksum FROM apalis._sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(connection)
    .await?;
    Ok(applied
        .iter()
        .map(|(version, checksum)| (*version, &**checksum))
        .eq(migrations
            .iter()
            .filter(|it| !it.migration_type.is_down_migration())
            .map(|it| (it.version, &*it.checksum))))
}

/// Returns whether an object was created by another program at the same time.
fn is_race(error: &sqlx::Error) -> bool {
    matches!(
        code(error).as_deref(),
        Some("23505" | "42P06" | "42P07" | "42710" | "XX000")
    )
}

/// Returns whether the user is not the owner, or the server is read-only.
fn is_refused(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some(NOT_THE_OWNER | "25006"))
}

/// Returns Postgres's code of the error.
fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

fn explain(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            let hint = if code(error).as_deref() == Some(NOT_THE_OWNER) {
                "; only the owner of the database can create apalis's tables"
            } else {
                ""
            };
            format!("{}{hint}", describe(error))
        }
        MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
            format!(
                "its tables belong to another version of apalis-postgres than 1.0 (migration {version})"
            )
        }
        error => error.to_string(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a few minutes")]
fn seconds(secs: i64) -> f64 {
    secs as f64
}

const NOT_THE_OWNER: &str = "42501";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Our indexes. Those of apalis cover neither the jobs that workers hold nor those that have ended.
const INDEXES: [(&str, &str); 2] = [
    (
        "ff_jobs_taken",
        "ON apalis.jobs (lock_by) WHERE status IN ('Queued', 'Running')",
    ),
    (
        "ff_jobs_ended",
        "ON apalis.jobs (status, done_at) WHERE status IN ('Done', 'Killed')",
    ),
];

/// Puts back the jobs of dead workers; apalis's `reenqueue_orphaned`.
///
/// An error in one row would fail for all, so `attempts` is bounded before 1 is added, and times are compared and not
/// subtracted.
pub(super) const SWEEP: &str = "WITH stale AS (
        SELECT jobs.id FROM apalis.jobs JOIN apalis.workers ON jobs.lock_by = workers.id
        WHERE jobs.status IN ('Running', 'Queued') AND workers.worker_type = $2 AND workers.id <> $3
            AND workers.last_seen <= now() - make_interval(secs =>
                CASE WHEN workers.layers ~ '^fire-and-forget;[0-9]{1,6}$' THEN substr(workers.layers, 17)::float8 ELSE $1 END)
        FOR UPDATE OF jobs SKIP LOCKED)
     UPDATE apalis.jobs SET status = 'Pending', done_at = NULL, lock_by = NULL, lock_at = NULL, attempts = least(attempts, 2147483646) + 1
     FROM stale WHERE apalis.jobs.id = stale.id";

/// Fetches jobs; apalis's `get_jobs`, without the half for the status `Failed`, which we never write.
///
/// apalis joins the table with what it has found, for which it reads the whole table. An array of ids is filled once, and
/// looked up by the primary key.
///
/// `levels` are the priorities of waiting jobs, found one after the other, the highest first. Within one priority, the
/// index sorts by time, so the jobs that are not due yet are not walked through.
///
/// Suspects are searched among the first jobs only: they were fetched before, so they have been due longest.
pub(super) const FETCH: &str = "WITH RECURSIVE levels(priority) AS (
        (SELECT priority FROM apalis.jobs WHERE status = 'Pending' AND job_type = $2 AND priority IS NOT NULL ORDER BY priority DESC LIMIT 1)
        UNION ALL SELECT (SELECT jobs.priority FROM apalis.jobs WHERE status = 'Pending' AND job_type = $2
            AND jobs.priority < levels.priority ORDER BY jobs.priority DESC LIMIT 1) FROM levels WHERE priority IS NOT NULL),
    fetched AS (
        UPDATE apalis.jobs SET status = 'Queued', lock_by = $1, lock_at = now()
        WHERE id = ANY(ARRAY(SELECT id FROM levels CROSS JOIN LATERAL
                (SELECT id FROM apalis.jobs WHERE status = 'Pending' AND run_at < now() AND job_type = $2 AND attempts <= 0
                    AND jobs.priority = levels.priority ORDER BY run_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due LIMIT $3)
            || ARRAY(SELECT id FROM apalis.jobs WHERE status = 'Pending' AND id = ANY(ARRAY(SELECT id FROM
                    (SELECT id, attempts FROM levels CROSS JOIN LATERAL
                        (SELECT id, attempts FROM apalis.jobs WHERE status = 'Pending' AND run_at < now() AND job_type = $2
                            AND jobs.priority = levels.priority ORDER BY run_at LIMIT $3 + $5) AS due LIMIT $3 + $5) AS first
                    WHERE attempts > 0))
                ORDER BY priority DESC, run_at LIMIT $5 FOR UPDATE SKIP LOCKED))
        RETURNING *)
    SELECT id, CASE WHEN octet_length(job) <= $4 THEN job END AS job, attempts::bigint AS attempts, last_result::text AS last_result,
        run_at::text || '/' || attempts AS fence
    FROM fetched ORDER BY priority DESC, run_at, id";

const FINISH: &str = "UPDATE apalis.jobs AS w SET status = j.status, last_result = j.result::jsonb, job = coalesce(j.job, w.job),
        attempts = CASE WHEN j.status = 'Pending' THEN 0 ELSE least(w.attempts, 2147483646) + 1 END, done_at = CASE WHEN j.status <> 'Pending' THEN now() END,
        run_at = CASE WHEN j.status = 'Pending' THEN now() + make_interval(secs => j.delay) ELSE run_at END,
        lock_by = CASE WHEN j.status <> 'Pending' THEN lock_by END, lock_at = CASE WHEN j.status <> 'Pending' THEN lock_at END
    FROM unnest($1::text[], $3::text[], $4::text[], $5::float8[], $6::bytea[], $7::text[]) AS j(id, status, result, delay, job, fence)
    WHERE w.id = j.id AND w.lock_by = $2 AND w.status IN ('Queued', 'Running') AND w.run_at::text || '/' || w.attempts = j.fence";
