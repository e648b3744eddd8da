//! Machines whose clocks are minutes off: the clock of Postgres is the one that counts.
//!
//! A file of SQLite is on one machine, and has its clock.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use fire_and_forget::fire_and_forget;
use tokio::sync::Semaphore;

use crate::scenario::{Store, note_of_body, say, scenarios_on, until};

static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "long")]
async fn long(number: u64) {
    note_of_body(format_args!("begun {number}"));
    GATE.acquire().await.unwrap().forget();
}

#[fire_and_forget(backend = "durable", name = "of the skewed", queue = "skewed")]
async fn of_the_skewed(number: u64) {
    note_of_body(format_args!("skewed {number}"));
}

/// The library that shows a process another time.
fn faketime() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?;
    let path = |folder: PathBuf| folder.join("faketime/libfaketime.so.1");
    libraries
        .filter_map(|folder| Some(path(folder.ok()?.path())))
        .find(|library| library.exists())
}

/// Process 1, whose clock is so many seconds off.
fn skewed(store: &Store, by: &str) -> Option<Child> {
    let mut other = store.other(1);
    other
        .env("LD_PRELOAD", faketime()?)
        .env("FAKETIME", by)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Some(other.spawn().unwrap())
}

async fn a_worker_that_is_off(store: Store, by: &str) {
    let jobs = store.open().await;
    if store.process == 1 {
        let real = std::fs::metadata(store.folder.join("notes"))
            .unwrap()
            .modified()
            .unwrap();
        let off = match SystemTime::now().duration_since(real) {
            Ok(ahead) => ahead,
            Err(behind) => behind.duration(),
        };
        assert!(off > Duration::from_mins(4), "{off:?}");
        jobs.work(2);
        jobs.work_on("skewed", 1);
        jobs.stored(|| of_the_skewed(1)).await.unwrap();
        jobs.later(Duration::from_secs(1), || of_the_skewed(2))
            .await
            .unwrap();
        return std::future::pending().await;
    }
    jobs.work(2);
    jobs.stored(|| (0..2).for_each(long)).await.unwrap();
    until(async || store.notes().len() == 2).await;
    let Some(mut skewed) = skewed(&store, by) else {
        return say("left out: the library libfaketime is not installed");
    };
    until(async || store.notes().len() == 4).await;
    // Longer than it takes a worker to be dead: three seconds by the clock of the store.
    let beats = "UPDATE apalis.workers SET layers = layers WHERE worker_type = 'skewed' AND last_seen > started_at + interval '3 seconds'";
    until(async || store.execute(beats).await == 1).await;
    let mut notes = store.notes();
    notes.sort();
    assert_eq!(notes, ["begun 0", "begun 1", "skewed 1", "skewed 2"]);
    GATE.add_permits(2);
    until(async || jobs.counts().await.unwrap().done() == 4).await;
    skewed.kill().unwrap();
    skewed.wait().unwrap();
}

scenarios_on! { on_postgres, true:
    async fn a_worker_whose_clock_is_ahead_takes_no_live_jobs(store) {
        a_worker_that_is_off(store, "+300").await;
    }

    async fn a_worker_whose_clock_is_behind_takes_no_live_jobs(store) {
        a_worker_that_is_off(store, "-300").await;
    }
}
