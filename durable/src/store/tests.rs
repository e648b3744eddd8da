//! Tests of each statement, on both stores.

mod indexes;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{End, Fetched, InTransaction, Outcome, Row, Store};
use crate::testing::{OnStore, each_store};

fn row(id: &str) -> Row {
    Row {
        id: id.into(),
        queue: "default".into(),
        function: "f".into(),
        job: br#"{"v":1}"#.into(),
        due: None,
    }
}

/// Makes the outcome of a fetched job.
fn outcome(jobs: &[Fetched], id: &str, end: End) -> Outcome {
    let job = jobs.iter().find(|job| job.id == id).unwrap();
    Outcome {
        id: id.into(),
        end,
        result: r#"{"Ok":null}"#.into(),
        job: None,
        fence: job.fence.clone(),
    }
}

/// Registers a worker, and fetches.
async fn take(store: &Store, worker: &str, limit: usize) -> Vec<Fetched> {
    store.register(worker, "default", 21).await.unwrap();
    store.fetch(worker, "default", limit, limit).await.unwrap()
}

/// Registers a worker, fetches, and returns the ids.
async fn fetch(store: &Store, worker: &str, limit: usize) -> Vec<String> {
    ids(take(store, worker, limit).await)
}

fn ids(jobs: Vec<Fetched>) -> Vec<String> {
    jobs.into_iter().map(|job| job.id).collect()
}

/// Returns the status of each job, sorted by id.
async fn statuses(on: &OnStore) -> Vec<(String, String)> {
    on.pairs("SELECT id, status FROM {jobs} ORDER BY id").await
}

each_store! {
    async fn what_is_inserted_is_fetched_once_and_in_order(on) {
        let store = &on.store;
        let rows: Vec<Row> = (0..1000).map(|number| row(&format!("{number:04}"))).collect();
        for rows in rows.chunks(512) {
            store.insert(rows).await.unwrap();
        }
        assert!(store.is_due("default").await.unwrap());
        let mut all = fetch(store, "w1", 700).await;
        all.extend(fetch(store, "w2", 700).await);
        assert!(all.iter().map(String::as_str).eq(rows.iter().map(|row| &*row.id)), "{all:?}");
        assert!(!store.is_due("default").await.unwrap());
    }

    async fn what_a_worker_does_not_know_to_have_goes_back(on) {
        let store = &on.store;
        let rows = ["a", "b", "c", "d", "e"].map(row);
        store.insert(&rows).await.unwrap();
        let taken = take(store, "w1", 4).await;
        assert_eq!(fetch(store, "w2", 1).await, ["e"]);
        store.finish("w1", &[outcome(&taken, "b", End::Done)]).await.unwrap();
        let known = ["a".to_owned(), "e".to_owned()];
        assert_eq!(store.release_others("w1", &known).await.unwrap(), 2);
        assert_eq!(fetch(store, "w2", 10).await, ["c", "d"]);
    }

    async fn a_batch_can_be_offered_again(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b")]).await.unwrap();
        store.insert(&[row("a"), row("b"), row("c")]).await.unwrap();
        assert_eq!(fetch(store, "w", 10).await, ["a", "b", "c"]);
    }

    async fn what_is_for_later_is_not_fetched_before(on) {
        let store = &on.store;
        let due = Some(Instant::now() + Duration::from_hours(1));
        store.insert(&[Row { due, ..row("later") }, row("now")]).await.unwrap();
        assert_eq!(fetch(store, "w", 10).await, ["now"]);
    }

    async fn a_higher_priority_is_fetched_first_though_all_but_one_of_it_are_for_later(on) {
        let store = &on.store;
        let rows: Vec<Row> = (0..12).map(|number| row(&format!("{number:02}"))).collect();
        store.insert(&rows).await.unwrap();
        on.execute("UPDATE {jobs} SET priority = 7 WHERE id < '04'").await;
        on.execute("UPDATE {jobs} SET priority = -7 WHERE id >= '08'").await;
        on.execute("UPDATE {jobs} SET run_at = run_at + {twenty_seconds} WHERE id IN ('00', '01', '03', '05')").await;
        assert_eq!(fetch(store, "w", 3).await, ["02", "04", "06"]);
        assert_eq!(fetch(store, "w", 10).await, ["07", "08", "09", "10", "11"]);
    }

    async fn an_outcome_is_written_by_the_worker_that_holds_the_job(on) {
        let store = &on.store;
        store.insert(&[row("done"), row("dead"), row("back"), row("held")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        assert_eq!(taken.len(), 4);
        let outcomes = [
            outcome(&taken, "done", End::Done),
            outcome(&taken, "dead", End::Dead),
            Outcome {
                job: Some(br#"{"v":1,"tries":1}"#.into()),
                ..outcome(&taken, "back", End::PutBack(Duration::ZERO))
            },
        ];
        assert_eq!(store.finish("other", &outcomes).await.unwrap(), 0);
        assert_eq!(store.finish("w", &outcomes).await.unwrap(), 3);
        assert_eq!(store.finish("w", &outcomes).await.unwrap(), 0, "they are nobody's any more");
        let expected = [("back", "Pending"), ("dead", "Killed"), ("done", "Done"), ("held", "Queued")];
        assert_eq!(statuses(&on).await, expected.map(|(id, status)| (id.into(), status.into())));
        let again = store.fetch("w", "default", 10, 10).await.unwrap();
        assert_eq!(again[0].job.as_deref(), Some(&br#"{"v":1,"tries":1}"#[..]));
        assert_eq!(again[0].interruptions, 0);
        assert_eq!(again[0].last_result.as_deref().map(|it| it.replace(' ', "")), Some(r#"{"Ok":null}"#.into()));
    }

    async fn an_outcome_that_is_written_again_frees_no_job_that_was_fetched_anew(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        let back = [outcome(&taken, "a", End::PutBack(Duration::from_secs(1)))];
        assert_eq!(store.finish("w", &back).await.unwrap(), 1);
        on.execute("UPDATE {jobs} SET run_at = run_at - {twenty_seconds}").await;
        assert_eq!(fetch(store, "w", 10).await, ["a"]);
        assert_eq!(store.finish("w", &back).await.unwrap(), 0);
        assert_eq!(statuses(&on).await, [("a".to_owned(), "Queued".to_owned())]);
    }

    async fn an_end_from_before_the_worker_was_called_dead_is_not_that_of_its_next_run(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        store.register("alive", "default", 21).await.unwrap();
        on.execute("UPDATE {workers} SET last_seen = {now} - 2 * {twenty_seconds} WHERE id = 'w'").await;
        store.beat("alive", "default", 21, true).await.unwrap();
        assert_eq!(fetch(store, "w", 10).await, ["a"]);
        assert_eq!(store.finish("w", &[outcome(&taken, "a", End::Dead)]).await.unwrap(), 0);
    }

    async fn suspects_are_fetched_as_many_as_are_asked_for_and_hold_up_nobody(on) {
        let store = &on.store;
        let rows: Vec<Row> = (0..40).map(|number| row(&format!("{number:02}"))).collect();
        store.insert(&rows).await.unwrap();
        on.execute("UPDATE {jobs} SET attempts = 1 WHERE id < '20'").await;
        store.register("w", "default", 21).await.unwrap();
        let fetched = async |limit, suspects| ids(store.fetch("w", "default", limit, suspects).await.unwrap());
        assert_eq!(fetched(3, 0).await, ["20", "21", "22"]);
        assert_eq!(fetched(2, 1).await, ["00", "23", "24"]);
        assert_eq!(fetched(0, 2).await, ["01", "02"]);
        assert_eq!(fetched(100, 100).await.len(), 32);
    }

    async fn what_is_put_back_with_a_pause_is_out_of_sight(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        store.finish("w", &[outcome(&taken, "a", End::PutBack(Duration::from_hours(1)))]).await.unwrap();
        assert!(!store.is_due("default").await.unwrap());
    }

    async fn what_is_released_is_no_suspect(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b")]).await.unwrap();
        fetch(store, "w", 10).await;
        assert_eq!(store.release("other", &["a".into()]).await.unwrap(), 0);
        assert_eq!(store.release("w", &["a".into()]).await.unwrap(), 1);
        let again = store.fetch("w", "default", 10, 10).await.unwrap();
        assert_eq!((&*again[0].id, again[0].interruptions), ("a", 0));
    }

    async fn jobs_of_a_dead_worker_come_back_as_suspects(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b")]).await.unwrap();
        let taken = take(store, "dead", 1).await;
        assert_eq!(fetch(store, "alive", 1).await, ["b"]);
        assert!(store.beat("alive", "default", 21, true).await.unwrap());
        assert!(!store.is_due("default").await.unwrap(), "both were seen just now");
        on.execute("UPDATE {workers} SET last_seen = {now} - {twenty_seconds} WHERE id = 'dead'").await;
        store.beat("alive", "default", 5, true).await.unwrap();
        assert!(!store.is_due("default").await.unwrap(), "it has said that its own heart is slower");
        on.execute("UPDATE {workers} SET last_seen = {now} - {twenty_seconds} - {twenty_seconds} WHERE id = 'dead'").await;
        store.beat("alive", "other queue", 5, true).await.unwrap();
        assert!(!store.is_due("default").await.unwrap(), "that is for those of its queue");
        store.beat("alive", "default", 5, true).await.unwrap();
        let again = store.fetch("alive", "default", 10, 10).await.unwrap();
        assert_eq!((&*again[0].id, again[0].interruptions, again.len()), ("a", 1, 1));
        assert_eq!(store.finish("dead", &[outcome(&taken, "a", End::Done)]).await.unwrap(), 0);
    }

    async fn a_worker_learns_that_its_row_is_gone(on) {
        let store = &on.store;
        assert!(!store.beat("w", "default", 21, true).await.unwrap());
        store.register("w", "default", 21).await.unwrap();
        store.register("w", "default", 21).await.unwrap();
        assert!(store.beat("w", "default", 21, true).await.unwrap());
        store.deregister("w").await.unwrap();
        assert!(!store.beat("w", "default", 21, true).await.unwrap());
    }

    async fn a_worker_that_jobs_refer_to_stays(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        store.finish("w", &[outcome(&taken, "a", End::Done)]).await.unwrap();
        store.deregister("w").await.unwrap();
        assert!(store.beat("w", "default", 21, true).await.unwrap());
        on.execute("UPDATE {workers} SET last_seen = {now} - 200 * {twenty_seconds}").await;
        assert_eq!(store.prune_workers().await.unwrap(), 0);
        on.execute("UPDATE {jobs} SET done_at = {now} - {twenty_seconds}").await;
        assert_eq!(store.prune("Done", 30.0, 10).await.unwrap(), 0);
        assert_eq!(store.prune("Done", 10.0, 10).await.unwrap(), 1);
        assert_eq!(store.prune_workers().await.unwrap(), 1);
    }

    async fn rows_queued_for_nobody_are_found_again(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        on.execute("UPDATE {jobs} SET status = 'Queued'").await;
        store.register("w", "default", 21).await.unwrap();
        store.beat("w", "default", 21, true).await.unwrap();
        assert_eq!(fetch(store, "w", 10).await, ["a"]);
    }

    async fn rows_that_somebody_sets_to_pending_are_found_again(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        take(store, "dead", 1).await;
        on.execute("UPDATE {jobs} SET status = 'Pending'").await;
        store.register("w", "default", 21).await.unwrap();
        store.beat("w", "default", 21, true).await.unwrap();
        assert_eq!(fetch(store, "w", 10).await, ["a"]);
    }

    async fn rows_put_there_by_hand_stop_nobody(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b"), row("c"), row("d")]).await.unwrap();
        on.execute("UPDATE {jobs} SET job = {junk}, id = 'no ulid', metadata = NULL, last_result = NULL WHERE id = 'a'").await;
        on.execute("UPDATE {jobs} SET metadata = {null_function} WHERE id = 'b'").await;
        on.execute("UPDATE {jobs} SET job = {huge}, attempts = -7 WHERE id = 'c'").await;
        let mut jobs = store.fetch("nobody", "default", 10, 10).await;
        if jobs.is_err() {
            // A worker that is not registered cannot hold anything.
            store.register("w", "default", 21).await.unwrap();
            jobs = store.fetch("w", "default", 10, 10).await;
        }
        let jobs = jobs.unwrap();
        assert_eq!(jobs.len(), 4);
        let huge: Vec<_> = jobs.iter().filter(|job| job.job.is_none()).map(|job| &*job.id).collect();
        assert_eq!(huge, ["c"]);
        assert_eq!(store.counts().await.unwrap().iter().map(|count| count.jobs).sum::<i64>(), 4);
    }

    async fn the_dead_are_listed_revived_and_discarded(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b")]).await.unwrap();
        let taken = take(store, "w", 10).await;
        let error = r#"{"Err":"no route"}"#;
        let outcomes = ["a", "b"].map(|id| Outcome { result: error.into(), ..outcome(&taken, id, End::Dead) });
        store.finish("w", &outcomes).await.unwrap();
        assert_eq!(store.buried("w", &["a", "never"]).await.unwrap(), ["a"]);
        assert!(store.buried("other", &["a"]).await.unwrap().is_empty());
        let dead = store.dead(10).await.unwrap();
        assert_eq!(dead.len(), 2);
        assert!(dead[0].last_result.as_ref().unwrap().contains("no route"));
        assert_eq!(dead[0].function.as_deref(), Some("f"));
        assert!(dead[0].died_on.unwrap() > 1.0e9);
        assert!(store.revive("a", b"new").await.unwrap());
        assert!(!store.revive("a", b"new").await.unwrap());
        assert!(store.discard("b").await.unwrap());
        assert!(!store.discard("a").await.unwrap(), "it is not dead any more");
        let again = store.fetch("w", "default", 10, 10).await.unwrap();
        assert_eq!((again.len(), again[0].job.as_deref(), again[0].interruptions), (1, Some(&b"new"[..]), 0));
    }

    async fn queues_without_a_worker_are_named(on) {
        let store = &on.store;
        store.insert(&[row("a"), Row { queue: "mail".into(), ..row("b") }]).await.unwrap();
        store.register("w", "default", 21).await.unwrap();
        assert_eq!(store.unattended().await.unwrap(), ["mail"]);
    }

    async fn what_others_have_put_there_is_not_pruned(on) {
        let store = &on.store;
        store.insert(&[row("a"), row("b")]).await.unwrap();
        on.execute("UPDATE {jobs} SET status = 'Done', done_at = {now} - 2 * {twenty_seconds}").await;
        on.execute("UPDATE {jobs} SET metadata = NULL WHERE id = 'a'").await;
        assert_eq!(store.prune("Done", 10.0, 10).await.unwrap(), 1);
        assert_eq!(statuses(&on).await, [("a".to_owned(), "Done".to_owned())]);
    }

    async fn one_note_is_written_by_who_holds_the_job(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        fetch(store, "w", 1).await;
        assert!(!store.note("other", "a", b"noted").await.unwrap());
        assert!(store.note("w", "a", b"noted").await.unwrap());
    }

    async fn what_is_not_there_has_been_rolled_back(on) {
        let store = &on.store;
        store.insert(&[row("a")]).await.unwrap();
        let number = on.is_postgres().then(|| "1".to_owned());
        let transaction = |id: &str| InTransaction { ids: vec![id.into()], number: number.clone() };
        let answers = store.settle(&[transaction("a"), transaction("never")]).await.unwrap();
        assert_eq!(answers, [Some(vec!["a".to_owned()]), Some(vec![])]);
    }

    async fn a_store_can_be_opened_twice_at_once(on) {
        let again = on.open_again();
        let (one, other) = tokio::join!(again, on.open_again());
        one.close().await;
        other.close().await;
    }
}

#[tokio::test]
async fn rows_of_sqlite_that_are_no_text_stop_nobody() {
    let on = OnStore::sqlite().await;
    let store = &on.store;
    let rows = ["a", "b", "c", "d", "e"].map(row);
    store.insert(&rows).await.unwrap();
    let bytes = "cast(x'ff' as text)";
    on.execute(&format!("UPDATE Jobs SET id = {bytes} WHERE id = 'a'"))
        .await;
    on.execute(&format!("UPDATE Jobs SET last_result = {bytes}, metadata = json_object('function', {bytes}) WHERE id = 'b'"))
        .await;
    on.execute(&format!(
        "UPDATE Jobs SET job_type = {bytes}, status = {bytes} WHERE id = 'c'"
    ))
    .await;
    assert_eq!(fetch(store, "w", 10).await, ["b", "d", "e"]);
    on.execute("UPDATE Jobs SET status = 'Killed' WHERE status = 'Queued'")
        .await;
    let dead = store.dead(10).await.unwrap();
    assert_eq!(dead.len(), 4);
    assert!(dead.iter().any(|dead| dead.id == "\u{fffd}"));
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.iter().map(|count| count.jobs).sum::<i64>(), 5);
    on.execute(&format!(
        "UPDATE Jobs SET job_type = {bytes}, status = 'Pending'"
    ))
    .await;
    assert_eq!(store.unattended().await.unwrap(), ["\u{fffd}"]);
}

#[tokio::test]
async fn jobs_of_a_worker_whose_row_is_gone_from_sqlite_come_back_when_it_is_dead() {
    let on = OnStore::sqlite().await;
    let store = &on.store;
    store.insert(&[row("a")]).await.unwrap();
    take(store, "gone", 1).await;
    on.execute("PRAGMA foreign_keys = OFF").await;
    on.execute("DELETE FROM Workers").await;
    on.execute("PRAGMA foreign_keys = ON").await;
    store.register("w", "default", 21).await.unwrap();
    store.beat("w", "default", 21, true).await.unwrap();
    assert!(fetch(store, "w", 10).await.is_empty(), "it may live");
    assert!(store.beat("gone", "default", 21, false).await.unwrap());
    on.execute("UPDATE Workers SET last_seen = last_seen - 30 WHERE id = 'gone'")
        .await;
    store.beat("w", "default", 21, true).await.unwrap();
    assert_eq!(fetch(store, "w", 10).await, ["a"]);
}

/// SQLite rolls a transaction back by itself if the disk is full; a trigger stands for that.
#[tokio::test]
async fn a_heartbeat_whose_transaction_is_rolled_back_by_sqlite_holds_up_nothing_after_it() {
    let on = OnStore::sqlite().await;
    let store = &on.store;
    store.register("w", "default", 21).await.unwrap();
    on.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON Workers BEGIN SELECT raise(ROLLBACK, 'full'); END",
    )
    .await;
    assert!(store.beat("w", "default", 21, true).await.is_err());
    on.execute("DROP TRIGGER full").await;
    store.insert(&[row("a")]).await.unwrap();
    assert!(store.beat("w", "default", 21, true).await.unwrap());
    assert_eq!(fetch(store, "w", 10).await, ["a"]);
}

#[tokio::test]
async fn sqlite_keeps_what_is_committed_and_its_users_migrations() {
    let on = OnStore::sqlite().await;
    assert_eq!(
        on.pairs("SELECT 'synchronous', cast(synchronous as text) FROM pragma_synchronous")
            .await[0]
            .1,
        "2"
    );
    assert_eq!(
        on.pairs("SELECT 'journal_mode', journal_mode FROM pragma_journal_mode")
            .await[0]
            .1,
        "wal"
    );
    let tables = on
        .pairs("SELECT name, type FROM sqlite_master WHERE name LIKE '%migrations'")
        .await;
    assert_eq!(
        tables,
        [("_apalis_migrations".to_owned(), "table".to_owned())]
    );
}

#[tokio::test]
async fn rows_of_no_sense_hold_up_no_others_on_postgres() {
    let Some(on) = OnStore::postgres().await else {
        return;
    };
    let store = &on.store;
    store.insert(&["a", "b", "c", "d"].map(row)).await.unwrap();
    // In the index, a row without a priority comes first.
    on.execute("UPDATE {jobs} SET priority = NULL WHERE id = 'a'")
        .await;
    assert_eq!(fetch(store, "dead", 10).await, ["b", "c", "d"]);
    on.execute("UPDATE {jobs} SET attempts = 2147483647 WHERE id = 'b'")
        .await;
    for worker in ["odd", "alive"] {
        store.register(worker, "default", 21).await.unwrap();
    }
    on.execute("UPDATE {workers} SET last_seen = {now} - 2 * {twenty_seconds} WHERE id = 'dead'")
        .await;
    on.execute("UPDATE {workers} SET last_seen = '-infinity' WHERE id = 'odd'")
        .await;
    store.beat("alive", "default", 21, true).await.unwrap();
    let expected = ["a", "b", "c", "d"].map(|id| (id.to_owned(), "Pending".to_owned()));
    assert_eq!(statuses(&on).await, expected);
    on.execute("UPDATE {jobs} SET run_at = '-infinity' WHERE id = 'c'")
        .await;
    store.counts().await.unwrap();
    // The sweep has given the row a priority.
    assert!(fetch(store, "alive", 10).await.contains(&"a".to_owned()));
}
