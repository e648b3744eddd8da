//! From a call into the store.

use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};
use fire_and_forget_durable::sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use crate::scenario::{Store, counts, scenarios, until};

#[fire_and_forget(backend = "durable", name = "stored")]
fn stored(number: u64) {
    let _ = number;
}

#[fire_and_forget(backend = "durable", name = "remind", queue = "mail")]
fn remind(text: String) {
    drop(text);
}

/// Begins a transaction of the user's, launches in it, and ends it as it is told.
async fn launch_in_a_transaction(
    store: &Store,
    jobs: &fire_and_forget_durable::Jobs,
    end: &'static str,
) {
    if store.is_postgres() {
        let mut connection = PgConnection::connect(&store.url).await.unwrap();
        connection.execute("BEGIN; SAVEPOINT s").await.unwrap();
        jobs.stored_in(&mut connection, || stored(1)).await.unwrap();
        is_in_flight().await;
        connection.execute(end).await.unwrap();
    } else {
        let mut connection = SqliteConnection::connect(&store.url).await.unwrap();
        connection.execute("BEGIN; SAVEPOINT s").await.unwrap();
        jobs.stored_in(&mut connection, || stored(1)).await.unwrap();
        is_in_flight().await;
        connection.execute(end).await.unwrap();
    }
}

/// Nobody says how it ended before it has.
async fn is_in_flight() {
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(counts("stored", "durable").in_flight(), 1);
}

scenarios! {
    async fn what_is_launched_is_in_the_store(store) {
        stored(0);
        let jobs = store.open().await;
        for number in 1..1000 {
            stored(number);
        }
        remind("ada".into());
        durable::flush(Duration::from_mins(1)).await.unwrap();
        let in_store = jobs.counts().await.unwrap();
        assert_eq!((in_store.waiting(), in_store.running(), in_store.done(), in_store.dead()), (1001, 0, 0, 0));
        let tallies: Vec<_> = in_store.tallies().iter().map(|it| (it.queue(), it.function(), it.waiting())).collect();
        assert_eq!(tallies, [("default", Some("stored"), 1000), ("mail", Some("remind"), 1)]);
        assert!(in_store.tallies()[0].oldest_waiting().unwrap() < Duration::from_mins(1));
        assert_eq!(in_store.unattended(), ["default", "mail"]);
        assert_eq!(counts("stored", "durable").ok, 1000);
    }

    async fn what_stored_returned_for_is_committed(store) {
        let jobs = store.open().await;
        jobs.stored(|| {}).await.unwrap();
        jobs.stored(|| stored(1)).await.unwrap();
        assert_eq!(store.statuses().await, ["Pending"]);
        jobs.stored(|| (0..1500).for_each(stored)).await.unwrap();
        assert_eq!(store.statuses().await.len(), 1501);
        jobs.later(Duration::from_hours(1), || stored(3)).await.unwrap();
        assert_eq!(counts("stored", "durable").ok, 1502);
    }

    async fn many_wait_for_their_launches_at_once(store) {
        let jobs = store.open().await;
        let tasks: Vec<_> = (0..200).map(|number| {
            let jobs = jobs.clone();
            tokio::spawn(async move { jobs.stored(|| stored(number)).await })
        }).collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(store.statuses().await.len(), 200);
    }

    async fn a_committed_transaction_has_its_launches(store) {
        let jobs = store.open().await;
        launch_in_a_transaction(&store, &jobs, "COMMIT").await;
        until(async || counts("stored", "durable").ok == 1).await;
        assert_eq!(store.statuses().await, ["Pending"]);
    }

    async fn what_is_rolled_back_is_lost(store) {
        let jobs = store.open().await;
        launch_in_a_transaction(&store, &jobs, "ROLLBACK").await;
        until(async || counts("stored", "durable").lost == 1).await;
        assert!(store.statuses().await.is_empty());
    }

    async fn what_is_rolled_back_to_a_savepoint_is_lost(store) {
        let jobs = store.open().await;
        launch_in_a_transaction(&store, &jobs, "ROLLBACK TO SAVEPOINT s; COMMIT").await;
        until(async || counts("stored", "durable").lost == 1).await;
        assert!(store.statuses().await.is_empty());
    }

    async fn whoever_waits_for_a_launch_that_is_not_stored_is_told(store) {
        let jobs = store.open().await;
        let large = || {
            stored(1);
            remind("x".repeat(2 << 20));
        };
        let says = "1 of the launches were refused or cannot be stored; each was reported";
        assert_eq!(jobs.stored(large).await.unwrap_err().to_string(), says);
        assert_eq!(jobs.later(Duration::from_mins(1), large).await.unwrap_err().to_string(), says);
        let error = if store.is_postgres() {
            let mut connection = PgConnection::connect(&store.url).await.unwrap();
            jobs.stored_in(&mut connection, large).await
        } else {
            let mut connection = SqliteConnection::connect(&store.url).await.unwrap();
            jobs.stored_in(&mut connection, large).await
        };
        assert_eq!(error.unwrap_err().to_string(), says);
        let launched = counts("stored", "durable");
        // Its transaction was to be given up.
        assert_eq!((launched.ok, launched.failed), (2, 1));
        assert_eq!(counts("remind", "durable").failed, 3);
        fire_and_forget::shutdown(Duration::from_secs(10)).await.unwrap();
        assert!(jobs.stored(|| stored(2)).await.is_err());
    }

    async fn a_connection_to_another_kind_of_store_is_refused(store) {
        let jobs = store.open().await;
        if store.is_postgres() {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            let error = jobs.stored_in(&mut connection, || stored(1)).await.unwrap_err();
            assert_eq!(error.to_string(), "the connection is to SQLite, but the store is in Postgres");
        } else {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            let error = jobs.stored_in(&mut connection, || stored(1)).await.unwrap_err();
            assert_eq!(error.to_string(), "no such table: Jobs (code 1)");
        }
        assert_eq!(counts("stored", "durable").failed, 1);
    }

    async fn launches_wait_while_the_store_is_locked(store) {
        let jobs = store.open().await;
        let lock = store.lock().await;
        for number in 0..100 {
            stored(number);
        }
        let mut waits = Box::pin(jobs.stored(|| stored(100)));
        let waits_in_vain = tokio::time::timeout(Duration::from_millis(500), &mut waits).await;
        assert!(waits_in_vain.is_err(), "{waits_in_vain:?}");
        assert_eq!(counts("stored", "durable").in_flight(), 101);
        drop(lock);
        waits.await.unwrap();
        durable::flush(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("stored", "durable").ok, 101);
        assert_eq!(store.statuses().await.len(), 101);
    }
}
