//! Processes that die.

use std::time::Duration;

use fire_and_forget::fire_and_forget;
use tokio::sync::Semaphore;

use crate::scenario::{next_process, note_of_body, scenarios, until};

static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "bystander")]
async fn bystander(number: u64) {
    note_of_body(format_args!("begun {number}"));
    GATE.acquire().await.unwrap().forget();
    note_of_body(format_args!("done {number}"));
}

#[fire_and_forget(backend = "durable", name = "of the other queue", queue = "other")]
async fn of_the_other_queue(number: u64) {
    note_of_body(format_args!("other {number}"));
}

#[fire_and_forget(backend = "durable", name = "deadly")]
async fn deadly() {
    // Not before the innocents run.
    tokio::time::sleep(Duration::from_millis(300)).await;
    note_of_body("deadly");
    std::process::abort();
}

scenarios! {
    async fn jobs_of_a_killed_process_are_done_by_the_next(store) {
        let jobs = store.open().await;
        if store.process == 0 {
            jobs.stored(|| (0..6).for_each(bystander)).await.unwrap();
            jobs.work(4);
            until(async || store.notes().len() == 4).await;
            // As SIGKILL, nothing is said to anybody.
            std::process::abort();
        }
        GATE.add_permits(100);
        jobs.work(4);
        until(async || jobs.counts().await.unwrap().done() == 6).await;
        let notes = store.notes();
        for number in 0..6 {
            assert_eq!(notes.iter().filter(|note| **note == format!("done {number}")).count(), 1, "{notes:?}");
        }
        assert_eq!(notes.iter().filter(|note| note.starts_with("begun")).count(), 4 + 6, "{notes:?}");
    }

    async fn a_body_that_kills_its_process_is_given_up_and_innocents_are_done_once(store) {
        GATE.add_permits(if store.process == 0 { 0 } else { 100 });
        let jobs = store.open().await;
        if store.process == 0 {
            jobs.stored(|| {
                deadly();
                (0..5).for_each(bystander);
            }).await.unwrap();
        }
        jobs.work(4);
        until(async || jobs.counts().await.unwrap().dead() == 1).await;
        until(async || jobs.counts().await.unwrap().done() == 5).await;
        let notes = store.notes();
        assert_eq!(notes.iter().filter(|note| *note == "deadly").count(), 3, "{notes:?}");
        for number in 0..5 {
            assert_eq!(notes.iter().filter(|note| **note == format!("done {number}")).count(), 1, "{notes:?}");
        }
        assert_eq!(jobs.dead().await.unwrap()[0].error(), "its process died 3 times while it ran");
        store.note("end");
    }

    async fn jobs_of_the_dead_that_cannot_run_yet_are_left_to_others(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..20).for_each(bystander)).await.unwrap();
        // As if their worker had died.
        store.execute("UPDATE {jobs} SET attempts = 1").await;
        jobs.work(4);
        until(async || store.notes() == ["begun 0"]).await;
        jobs.stored(|| bystander(20)).await.unwrap();
        until(async || store.notes() == ["begun 0", "begun 20"]).await;
        let counts = jobs.counts().await.unwrap();
        assert_eq!((counts.running(), counts.waiting()), (2, 19));
        GATE.add_permits(100);
        until(async || jobs.counts().await.unwrap().done() == 21).await;
    }

    async fn a_job_of_the_dead_in_one_queue_holds_up_no_other_queue(store) {
        let jobs = store.open().await;
        jobs.stored(|| bystander(0)).await.unwrap();
        jobs.stored(|| of_the_other_queue(0)).await.unwrap();
        store.execute("UPDATE {jobs} SET attempts = 1").await;
        jobs.work(1);
        until(async || store.notes() == ["begun 0"]).await;
        jobs.work_on("other", 1);
        jobs.stored(|| of_the_other_queue(1)).await.unwrap();
        until(async || store.notes() == ["begun 0", "other 1"]).await;
        GATE.add_permits(1);
        until(async || store.notes() == ["begun 0", "other 1", "done 0", "other 0"]).await;
    }

    async fn what_was_stored_survives_a_kill_right_after(store) {
        if store.process == 0 {
            let jobs = store.open().await;
            jobs.stored(|| (0..700).for_each(bystander)).await.unwrap();
            next_process();
        }
        assert_eq!(store.open().await.counts().await.unwrap().waiting(), 700);
    }
}
