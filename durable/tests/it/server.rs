//! A server that cuts its connections, as it does when it restarts.

use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};

use crate::scenario::{counts, note_of_body, scenarios_on, until};

#[fire_and_forget(backend = "durable", name = "cut off")]
async fn cut_off(number: u64) {
    note_of_body(number);
}

const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

scenarios_on! { on_postgres, true:
    async fn connections_that_are_cut_again_and_again_lose_nothing(store) {
        let jobs = store.open().await;
        jobs.work(4);
        for round in 0..50 {
            (0..20).for_each(|number| cut_off(round * 20 + number));
            store.execute(CUT).await;
        }
        durable::flush(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("cut off", "durable").ok, 1000);
        until(async || jobs.counts().await.is_ok_and(|counts| counts.done() == 1000)).await;
        let mut notes: Vec<u64> = store.notes().iter().map(|note| note.parse().unwrap()).collect();
        notes.sort_unstable();
        notes.dedup();
        assert!(notes.into_iter().eq(0..1000));
    }
}
