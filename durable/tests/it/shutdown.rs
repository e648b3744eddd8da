//! The end of a process: what runs ends, what waits goes back, what could not be stored is spooled.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Semaphore;

use crate::scenario::{counts, next_process, scenarios, until};

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "held")]
async fn gated() {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
}

#[fire_and_forget(backend = "durable", name = "quick")]
fn quick(number: u64) {
    let _ = number;
}

#[fire_and_forget(backend = "durable", name = "napping")]
async fn napping() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Is being written down until the shutdown of its process has ended.
#[derive(Deserialize)]
struct WrittenLate;

static BEING_WRITTEN: AtomicUsize = AtomicUsize::new(0);
static HAS_ENDED: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);

impl Serialize for WrittenLate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BEING_WRITTEN.fetch_add(1, Ordering::SeqCst);
        let has_ended = HAS_ENDED.lock().unwrap().take().unwrap();
        has_ended.recv().unwrap();
        serializer.serialize_unit_struct("WrittenLate")
    }
}

#[fire_and_forget(backend = "durable", name = "late at the deadline")]
async fn late(it: WrittenLate) {
    let _ = it;
}

scenarios! {
    async fn a_launch_that_is_written_down_at_the_deadline_is_spooled_when_the_shutdown_returns(store) {
        if store.process == 0 {
            let (sender, has_ended) = mpsc::channel();
            *HAS_ENDED.lock().unwrap() = Some(has_ended);
            let _jobs = store.open().await;
            tokio::spawn(async move {
                durable::ended().await;
                sender.send(()).unwrap();
            });
            late(WrittenLate);
            until(async || BEING_WRITTEN.load(Ordering::SeqCst) == 1).await;
            fire_and_forget::shutdown(Duration::from_millis(50)).await.unwrap_err();
            // The process of a service ends here.
            next_process();
        }
        let jobs = store.open().await;
        assert_eq!(jobs.counts().await.unwrap().waiting(), 1);
    }

    async fn what_runs_ends_and_its_outcome_is_written(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..20).for_each(|_| gated())).await.unwrap();
        jobs.work(2);
        until(async || RUNNING.load(Ordering::SeqCst) == 2).await;
        let shutdown = fire_and_forget::shutdown(Duration::from_mins(1));
        // Longer than a heart may stand still.
        tokio::time::sleep(Duration::from_secs(3)).await;
        GATE.add_permits(100);
        shutdown.await.unwrap();
        let statuses = store.statuses().await;
        assert_eq!((&statuses[..2], &statuses[2..]), (&["Done"; 2].map(String::from)[..], &["Pending"; 18].map(String::from)[..]));
        assert_eq!(RUNNING.load(Ordering::SeqCst), 2);
        let suspects = store.execute("UPDATE {jobs} SET attempts = 0 WHERE status = 'Pending' AND attempts > 0").await;
        assert_eq!(suspects, 0);
    }

    async fn what_was_fetched_ahead_goes_back(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..5000).for_each(|_| napping())).await.unwrap();
        jobs.work(8);
        until(async || counts("napping", "durable worker").ok > 500).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        let done = counts("napping", "durable worker").ok;
        let statuses = store.statuses().await;
        let is = |status: &str| statuses.iter().filter(|it| *it == status).count() as u64;
        assert_eq!((is("Done"), is("Pending")), (done, 5000 - done));
    }

    async fn what_cannot_be_stored_in_time_is_spooled_and_stored_by_the_next(store) {
        if store.process == 0 {
            let jobs = store.open().await;
            let lock = store.lock().await;
            (0..6000).for_each(quick);
            let mut waits = Box::pin(jobs.stored(|| quick(6000)));
            assert!(tokio::time::timeout(Duration::from_millis(100), &mut waits).await.is_err());
            let unfinished = fire_and_forget::shutdown(Duration::from_secs(1)).await;
            if !store.is_postgres() {
                // The process of a service ends here.
                unfinished.unwrap_err();
                next_process();
            }
            assert!(waits.await.unwrap_err().is_closed());
            until(async || counts("quick", "durable").lost == 6001).await;
            assert_eq!(counts("quick", "durable").in_flight(), 0);
            drop(lock);
            next_process();
        }
        assert!(store.spool_file().exists());
        let jobs = store.open().await;
        assert!(!store.spool_file().exists());
        assert_eq!(jobs.counts().await.unwrap().waiting(), 6001);
        jobs.work(8);
        until(async || jobs.counts().await.unwrap().done() == 6001).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert!(!store.spool_file().exists());
    }

    async fn after_a_shutdown_the_store_says_that_it_is_closed(store) {
        let jobs = store.open().await;
        jobs.work(1);
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        until(async || jobs.counts().await.is_err()).await;
        assert!(jobs.counts().await.unwrap_err().is_closed());
        assert!(jobs.stored(|| quick(1)).await.unwrap_err().is_closed());
        jobs.work(2);
        let error = store.options().open().await.unwrap_err();
        assert_eq!(error.to_string(), "the process is shutting down: no store can be opened");
    }

    async fn what_is_awaited_is_bounded_while_the_store_is_away(store) {
        let jobs = store.open().await;
        let lock = store.lock().await;
        let give_up = Duration::from_millis(100);
        // Nobody waits for them any more, and they are on their way.
        for _ in 0..20 {
            let launches = || (0..1000).for_each(quick);
            assert!(tokio::time::timeout(give_up, jobs.stored(launches)).await.is_err());
        }
        let launched = counts("quick", "durable").launched;
        assert_eq!(launched, 17_000);
        drop(lock);
        jobs.stored(|| quick(1)).await.unwrap();
        until(async || counts("quick", "durable").ok == launched + 1).await;
    }

    async fn the_file_that_launches_are_spooled_to_is_named(store) {
        if store.process == 1 {
            store.open().await;
            let _lock = store.lock().await;
            quick(0);
            fire_and_forget::shutdown(Duration::from_secs(1)).await.unwrap_err();
            until(async || counts("quick", "durable").lost == 1).await;
            std::process::exit(0);
        }
        // As if a third process were writing its own.
        let file = std::fs::File::create(store.spool_file()).unwrap();
        file.lock().unwrap();
        let output = store.other(1).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let name = format!("launches that could not be stored are in {}.1;", store.spool_file().display());
        assert!(said.contains(&name), "{said}");
    }
}
