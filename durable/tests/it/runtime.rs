//! The runtime of the bodies goes away, and the process goes on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use fire_and_forget::fire_and_forget;
use tokio::sync::Semaphore;

use crate::scenario::{next_process, note_of_body, scenarios, until};

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "stranded")]
async fn stranded(number: u64) {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
    note_of_body(format_args!("done {number}"));
}

static BLOCKS: AtomicUsize = AtomicUsize::new(0);
static GOES_ON: OnceLock<()> = OnceLock::new();

#[fire_and_forget(backend = "durable", name = "blocks")]
fn blocks(number: u64) {
    BLOCKS.fetch_add(1, Ordering::SeqCst);
    GOES_ON.wait();
    note_of_body(format_args!("done {number}"));
}

scenarios! {
    async fn a_function_that_runs_when_its_runtime_goes_away_ends_and_runs_once(store) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = store.options();
        let jobs = runtime.spawn(options.open()).await.unwrap().unwrap();
        jobs.stored(|| (0..3).for_each(blocks)).await.unwrap();
        jobs.work(2);
        until(async || BLOCKS.load(Ordering::SeqCst) == 2).await;
        runtime.shutdown_background();
        GOES_ON.set(()).unwrap();
        until(async || jobs.counts().await.unwrap().done() == 2).await;
        assert_eq!(store.statuses().await, ["Done", "Done", "Pending"]);
        let mut notes = store.notes();
        notes.sort();
        assert_eq!(notes.len(), 2, "{notes:?}");
    }

    async fn what_runs_when_its_runtime_goes_away_goes_back(store) {
        if store.process == 0 {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let options = store.options();
            let jobs = runtime.spawn(options.open()).await.unwrap().unwrap();
            jobs.stored(|| (0..6).for_each(stranded)).await.unwrap();
            jobs.work(2);
            until(async || RUNNING.load(Ordering::SeqCst) == 2).await;
            runtime.shutdown_background();
            // At once: no worker has died.
            until(async || store.statuses().await == ["Pending"; 6]).await;
            let suspects = store.execute("UPDATE {jobs} SET attempts = 0 WHERE attempts > 0").await;
            assert_eq!(suspects, 0);
            // The store is there yet, for launches and questions.
            jobs.stored(|| stranded(6)).await.unwrap();
            assert_eq!(jobs.counts().await.unwrap().waiting(), 7);
            fire_and_forget::shutdown(std::time::Duration::from_mins(1)).await.unwrap();
            next_process();
        }
        GATE.add_permits(100);
        let jobs = store.open().await;
        jobs.work(2);
        until(async || jobs.counts().await.unwrap().done() == 7).await;
        let mut notes = store.notes();
        notes.sort();
        assert_eq!(notes, [0, 1, 2, 3, 4, 5, 6].map(|number| format!("done {number}")));
    }
}
