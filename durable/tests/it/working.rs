//! From the store to a body.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fire_and_forget::{durable, fire_and_forget};
use tokio::sync::Semaphore;

use crate::scenario::{counts, scenarios, until};

static NUMBERS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

#[fire_and_forget(backend = "durable", name = "number")]
async fn number(number: u64) {
    NUMBERS.lock().unwrap().push(number);
}

#[fire_and_forget(backend = "durable", name = "blocking")]
fn blocking(text: String, number: u64) {
    // The runtime that `open` was called in.
    tokio::runtime::Handle::current();
    assert_eq!(text, "seven");
    NUMBERS.lock().unwrap().push(number);
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "gated", queue = "gated")]
async fn gated() {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

#[fire_and_forget(backend = "durable", name = "mixed")]
async fn mixed(is_long: bool) {
    if is_long {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        GATE.acquire().await.unwrap().forget();
    }
}

static JOB: Mutex<Option<durable::Job>> = Mutex::new(None);

#[fire_and_forget(backend = "durable", name = "knows", queue = "facts", attempts = 3)]
async fn knows() {
    *JOB.lock().unwrap() = durable::job();
}

scenarios! {
    async fn each_job_is_done_once_and_in_order(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..1000).for_each(number)).await.unwrap();
        jobs.work(1);
        until(async || counts("number", "durable worker").ok == 1000).await;
        assert!(NUMBERS.lock().unwrap().iter().copied().eq(0..1000));
        until(async || jobs.counts().await.unwrap().done() == 1000).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(store.statuses().await, ["Done"; 1000]);
    }

    async fn what_this_process_launches_is_begun_at_once(store) {
        let jobs = store.options().poll_interval(Duration::from_hours(1)).open().await.unwrap();
        jobs.work(4);
        // It has looked, and found nothing.
        until(async || store.execute(if store.is_postgres() {
            "UPDATE apalis.workers SET id = id"
        } else {
            "UPDATE Workers SET id = id"
        }).await == 1).await;
        for launched in 1..=3 {
            jobs.stored(|| blocking("seven".into(), 7)).await.unwrap();
            until(async || NUMBERS.lock().unwrap().len() == launched).await;
        }
    }

    async fn so_many_run_at_once_as_was_said_last(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..20).for_each(|_| gated())).await.unwrap();
        jobs.work_on("gated", 2);
        until(async || RUNNING.load(Ordering::SeqCst) == 2).await;
        jobs.work_on("gated", 5);
        until(async || RUNNING.load(Ordering::SeqCst) == 5).await;
        assert_eq!(jobs.counts().await.unwrap().running(), 5, "nothing is fetched ahead of bodies that take long");
        jobs.work_on("gated", 1);
        GATE.add_permits(4);
        until(async || RUNNING.load(Ordering::SeqCst) == 1).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(RUNNING.load(Ordering::SeqCst), 1);
        GATE.add_permits(100);
        until(async || counts("gated", "durable worker").ok == 20).await;
    }

    async fn what_waits_behind_long_bodies_goes_back(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..2000).for_each(|_| mixed(false))).await.unwrap();
        jobs.stored(|| {
            (0..2).for_each(|_| mixed(true));
            (0..300).for_each(|_| mixed(false));
        }).await.unwrap();
        jobs.work(2);
        until(async || RUNNING.load(Ordering::SeqCst) == 2).await;
        until(async || jobs.counts().await.unwrap().running() == 2).await;
        assert_eq!(jobs.counts().await.unwrap().waiting(), 300);
        GATE.add_permits(2);
        until(async || jobs.counts().await.unwrap().done() == 2302).await;
        assert_eq!(counts("mixed", "durable worker").ok, 2302);
    }

    async fn what_is_for_later_is_done_later(store) {
        let jobs = store.open().await;
        jobs.work(1);
        let begun = Instant::now();
        jobs.later(Duration::from_secs(1), || number(1)).await.unwrap();
        jobs.stored(|| number(2)).await.unwrap();
        until(async || counts("number", "durable worker").ok == 2).await;
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(*NUMBERS.lock().unwrap(), [2, 1]);
    }

    async fn a_body_knows_its_job(store) {
        let jobs = store.open().await;
        jobs.work_on("facts", 1);
        let line = line!() + 1;
        jobs.stored(|| knows()).await.unwrap();
        until(async || JOB.lock().unwrap().is_some()).await;
        let job = JOB.lock().unwrap().take().unwrap();
        assert_eq!((job.attempt(), job.attempts(), job.queue(), job.function()), (1, 3, "facts", "knows"));
        assert_eq!(job.launched_at().line(), line);
        assert!(job.launched_at().file().ends_with("working.rs"));
        assert!(job.launched_on().elapsed().unwrap() < Duration::from_mins(1));
        assert_eq!(job.id().len(), 26);
    }
}
