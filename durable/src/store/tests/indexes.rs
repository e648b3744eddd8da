//! Tests that statements use indexes: a fetch does not walk through jobs that are for later, or done.

use super::*;

#[tokio::test]
async fn sqlite_finds_rows_by_the_indexes_that_are_meant() {
    use crate::store::sqlite::{FETCH, FINISH, FREED, IS_DUE, SWEEP, prune};
    let on = OnStore::sqlite().await;
    for (sql, index) in [
        (
            FETCH,
            "idx_jobs_pending (job_type=? AND priority=? AND run_at<?)",
        ),
        (FINISH, "sqlite_autoindex_Jobs_1 (id=?)"),
        (
            IS_DUE,
            "idx_jobs_job_type_status_run_at (job_type=? AND status=? AND run_at<?)",
        ),
        (SWEEP, "idx_jobs_status_run_at (status=?)"),
        (
            FREED[0],
            "idx_jobs_job_type_status_run_at (job_type=? AND status=?)",
        ),
        (
            FREED[1],
            "ff_jobs_pending_locked (job_type=? AND status=? AND lock_by>?)",
        ),
        (
            &prune("Done"),
            "idx_jobs_completed_done_at (status=? AND done_at>? AND done_at<?)",
        ),
    ] {
        let plan = on.plan(sql).await;
        let plan = plan.replace("COVERING ", "");
        let index = format!("SEARCH Jobs USING INDEX {index}");
        assert!(plan.contains(&index), "{sql}\n{plan}");
    }
}

/// Stores so many jobs that are due in some hours.
async fn have_for_later(on: &OnStore, jobs: u32) {
    let due = Some(Instant::now() + Duration::from_hours(3));
    let rows: Vec<Row> = (0..jobs)
        .map(|number| Row {
            due,
            ..row(&format!("later {number}"))
        })
        .collect();
    for rows in rows.chunks(crate::store::MAX_ROWS) {
        on.store.insert(rows).await.unwrap();
    }
}

#[tokio::test]
async fn a_fetch_from_sqlite_does_not_walk_through_what_is_for_later() {
    let on = OnStore::sqlite().await;
    on.store.register("w", "default", 21).await.unwrap();
    let mut steps = Vec::new();
    for (later, due) in [(10, "a"), (10_000, "b")] {
        have_for_later(&on, later).await;
        on.store.insert(&[row(due)]).await.unwrap();
        let counter = on.count_steps().await;
        let fetched = on.store.fetch("w", "default", 48, 1).await.unwrap();
        steps.push(counter.load(Ordering::Relaxed));
        assert_eq!(ids(fetched), [due]);
    }
    assert!(steps[0] > 0, "they are counted");
    assert!(steps[1] < 2 * steps[0], "{steps:?}");
}

#[tokio::test]
async fn a_fetch_from_postgres_does_not_walk_through_what_is_for_later() {
    let Some(on) = OnStore::postgres().await else {
        return;
    };
    have_for_later(&on, 10_000).await;
    on.store.insert(&[row("a")]).await.unwrap();
    on.execute("ANALYZE {jobs}").await;
    let sql = ["'w'", "'default'", "48", "1000", "1"]
        .iter()
        .zip(1..)
        .fold(
            crate::store::postgres::FETCH.to_owned(),
            |sql, (value, number)| sql.replace(&format!("${number}"), value),
        );
    let plan = on.plan_in_postgres(&sql).await;
    // One search for ordinary jobs and one for suspects. Without the bound on the time, each would walk through all later jobs.
    let by_time = |line: &&str| line.contains("Index Cond") && line.contains("run_at < now()");
    let searches: Vec<&str> = plan.lines().filter(by_time).collect();
    assert_eq!(searches.len(), 2, "{plan}");
    assert!(
        searches
            .iter()
            .all(|line| line.contains("(priority = levels")),
        "{plan}"
    );
}

/// Stores ten thousand jobs that a dead worker has done.
async fn have_done_much(on: &OnStore) {
    on.store.register("dead", "default", 21).await.unwrap();
    on.execute(
        "INSERT INTO {jobs} (id, job, job_type, status, attempts, max_attempts, lock_by, done_at)
         SELECT n::text, '', 'default', 'Done', 1, 1, 'dead', now() FROM generate_series(1, 10000) AS n",
    )
    .await;
    on.execute("ANALYZE {jobs}").await;
}

#[tokio::test]
async fn postgres_finds_what_is_taken_and_what_has_ended_by_indexes_of_ours() {
    let Some(on) = OnStore::postgres().await else {
        return;
    };
    have_done_much(&on).await;
    let Store::Postgres(store) = &on.store else {
        panic!("it is Postgres");
    };
    for (sql, index) in [
        (crate::store::postgres::SWEEP, "ff_jobs_taken"),
        (&store.prune_text(), "ff_jobs_ended"),
    ] {
        let sql = sql
            .replace("$1", "10")
            .replace(
                "$2",
                if sql.contains("LIMIT $2") {
                    "10"
                } else {
                    "'default'"
                },
            )
            .replace("$3", "'alive'");
        let plan = on.plan_in_postgres(&sql).await;
        assert!(plan.contains(index), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn postgres_does_without_indexes_that_it_may_not_create() {
    let Some(on) = OnStore::postgres().await else {
        return;
    };
    let role = format!("ff_role_{}", ulid::Ulid::generate()).to_lowercase();
    on.execute("DROP INDEX apalis.ff_jobs_taken").await;
    on.execute(&format!("CREATE ROLE {role} LOGIN")).await;
    on.execute(&format!("GRANT USAGE ON SCHEMA apalis TO {role}"))
        .await;
    on.execute(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA apalis TO {role}"
    ))
    .await;
    let guest = on.open_as(&role).await;
    guest.insert(&[row("a")]).await.unwrap();
    guest.register("w", "default", 21).await.unwrap();
    assert!(guest.beat("w", "default", 21, true).await.unwrap());
    let fetched = guest.fetch("w", "default", 1, 1).await.unwrap();
    assert_eq!(ids(fetched), ["a"]);
    guest.close().await;
    let indexes = "SELECT indexname, tablename FROM pg_indexes WHERE indexname = 'ff_jobs_taken'";
    assert!(on.pairs(indexes).await.is_empty());
    on.open_again().await.close().await;
    assert_eq!(on.pairs(indexes).await.len(), 1, "the owner creates it");
    on.execute(&format!("DROP OWNED BY {role}")).await;
    on.execute(&format!("DROP ROLE {role}")).await;
}
