//! An observer of the user's that blocks, and a standard error that does: they hold up nobody but themselves.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fire_and_forget::{Event, Loss, Report, fire_and_forget};
use fire_and_forget_durable::Jobs;
use fire_and_forget_durable::sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::sync::Semaphore;

use crate::scenario::{Store, counts, scenarios, until};

#[fire_and_forget(backend = "durable", name = "watched")]
fn watched(number: u64) {
    let _ = number;
}

#[fire_and_forget(backend = "durable", name = "refused", queue = "refused")]
fn refused() {}

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "late")]
async fn late() {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
    let _may_end = MayEnd;
    let jobs = JOBS.lock().unwrap().clone().unwrap();
    assert!(jobs.stored(|| watched(1)).await.unwrap_err().is_closed());
}

/// Also where an assertion fails.
struct MayEnd;

impl Drop for MayEnd {
    fn drop(&mut self) {
        MAY_END.store(true, Ordering::SeqCst);
    }
}

static JOBS: Mutex<Option<Jobs>> = Mutex::new(None);
static BLOCKED: AtomicUsize = AtomicUsize::new(0);
static MAY_END: AtomicBool = AtomicBool::new(false);

/// Blocks at the first report of this kind.
fn block_on(is_it: impl Fn(&Event<'_>) -> bool + Send + Sync + 'static) {
    fire_and_forget::set_observer(move |report: &Report<'_>| {
        if is_it(&report.event()) && BLOCKED.fetch_add(1, Ordering::SeqCst) == 0 {
            while !MAY_END.load(Ordering::SeqCst) {
                std::thread::park_timeout(Duration::from_millis(10));
            }
        }
    })
    .unwrap();
}

/// Has the store refuse what is in the queue `refused`.
async fn refuse(store: &Store) {
    store
        .execute(if store.is_postgres() {
            "ALTER TABLE {jobs} ADD CONSTRAINT refused CHECK (job_type <> 'refused')"
        } else {
            "CREATE TRIGGER refused BEFORE INSERT ON {jobs} WHEN new.job_type = 'refused' BEGIN SELECT raise(ABORT, 'refused'); END"
        })
        .await;
}

async fn roll_back(store: &Store, jobs: &Jobs) {
    if store.is_postgres() {
        let mut connection = PgConnection::connect(&store.url).await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        jobs.stored_in(&mut connection, || watched(1))
            .await
            .unwrap();
        connection.execute("ROLLBACK").await.unwrap();
    } else {
        let mut connection = SqliteConnection::connect(&store.url).await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        jobs.stored_in(&mut connection, || watched(1))
            .await
            .unwrap();
        connection.execute("ROLLBACK").await.unwrap();
    }
}

/// Waits for the heart to beat some seconds from now, and shows that launches are stored and done meanwhile.
async fn goes_on(store: &Store, jobs: &Jobs) {
    let later = if store.is_postgres() {
        "UPDATE apalis.workers SET layers = layers WHERE last_seen > started_at + interval '2 seconds'"
    } else {
        "UPDATE Workers SET layers = layers WHERE last_seen > started_at + 2"
    };
    until(async || store.execute(later).await == 1).await;
    jobs.stored(|| watched(2)).await.unwrap();
    until(async || counts("watched", "durable worker").ok == 1).await;
}

scenarios! {
    async fn an_observer_that_blocks_on_a_refusal_stops_no_heart(store) {
        block_on(|event| matches!(event, Event::Failed(_)));
        let jobs = store.open().await;
        refuse(&store).await;
        refused();
        until(async || BLOCKED.load(Ordering::SeqCst) == 1).await;
        jobs.work(1);
        goes_on(&store, &jobs).await;
        MAY_END.store(true, Ordering::SeqCst);
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("refused", "durable").failed, 1);
    }

    async fn an_observer_that_blocks_on_a_rollback_stops_no_heart(store) {
        block_on(|event| matches!(event, Event::Lost(Loss::RolledBack)));
        let jobs = store.open().await;
        roll_back(&store, &jobs).await;
        until(async || BLOCKED.load(Ordering::SeqCst) == 1).await;
        jobs.work(1);
        goes_on(&store, &jobs).await;
        // What has not ended is waited for.
        assert_eq!(counts("watched", "durable").in_flight(), 1);
        MAY_END.store(true, Ordering::SeqCst);
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("watched", "durable").lost, 1);
    }

    async fn a_standard_error_that_is_stuck_stops_no_heart(store) {
        let jobs = store.open().await;
        jobs.stored(|| watched(1)).await.unwrap();
        // Of a function that this program lacks: that is said when it is put back.
        let (from, to) = (r#""f":"watched""#, r#""f":"unknown""#);
        let rename = if store.is_postgres() {
            format!("UPDATE {{jobs}} SET job = convert_to(replace(convert_from(job, 'utf8'), '{from}', '{to}'), 'utf8')")
        } else {
            format!("UPDATE {{jobs}} SET job = CAST(replace(CAST(job AS TEXT), '{from}', '{to}') AS BLOB)")
        };
        assert_eq!(store.execute(&rename).await, 1);
        let (sender, is_stuck) = std::sync::mpsc::channel();
        let stuck = std::thread::spawn(move || {
            let _lock = std::io::stderr().lock();
            sender.send(()).unwrap();
            // As long as a full pipe would, but for a test that fails: it is to say so.
            let began = Instant::now();
            while !MAY_END.load(Ordering::SeqCst) && began.elapsed() < Duration::from_secs(30) {
                std::thread::park_timeout(Duration::from_millis(10));
            }
        });
        is_stuck.recv().unwrap();
        jobs.work(1);
        let put_back = "UPDATE {jobs} SET last_result = last_result WHERE status = 'Pending' AND CAST(last_result AS TEXT) LIKE '%absences%'";
        until(async || store.execute(put_back).await == 1).await;
        goes_on(&store, &jobs).await;
        assert!(!stuck.is_finished());
        MAY_END.store(true, Ordering::SeqCst);
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("watched", "durable worker").launched, 1);
    }

    async fn what_is_launched_while_the_deadline_spools_is_spooled_too(store) {
        if store.process == 0 {
            // The deadline is under way as long as its first report is.
            block_on(|event| matches!(event, Event::Lost(Loss::Spooled)));
            let jobs = store.open().await;
            *JOBS.lock().unwrap() = Some(jobs.clone());
            jobs.stored(|| late()).await.unwrap();
            jobs.work(1);
            until(async || RUNNING.load(Ordering::SeqCst) == 1).await;
            let lock = store.lock().await;
            watched(0);
            let shutdown = fire_and_forget::shutdown(Duration::from_secs(1));
            until(async || BLOCKED.load(Ordering::SeqCst) > 0).await;
            GATE.add_permits(1);
            shutdown.await.unwrap_err();
            until(async || counts("watched", "durable").lost == 2).await;
            drop(lock);
            crate::scenario::next_process();
        }
        let jobs = store.open().await;
        assert_eq!(jobs.counts().await.unwrap().tallies().iter().filter(|it| it.function() == Some("watched")).map(fire_and_forget_durable::Tally::waiting).sum::<u64>(), 2);
    }
}
