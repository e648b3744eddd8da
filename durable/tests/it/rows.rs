//! Rows that this program cannot run.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fire_and_forget::fire_and_forget;
use fire_and_forget_durable::Dead;
use tokio::sync::{Semaphore, mpsc};

use crate::scenario::{counts, scenarios, until};

#[fire_and_forget(backend = "durable", name = "innocent")]
async fn innocent(number: u64) {
    let _ = number;
}

/// Says that it has begun, and waits for a permit.
#[fire_and_forget(backend = "durable", name = "changed meanwhile")]
async fn gated() {
    let (begun, gate) = GATED.get().unwrap();
    begun.send(()).unwrap();
    gate.acquire().await.unwrap().forget();
}

static GATED: OnceLock<(mpsc::UnboundedSender<()>, Arc<Semaphore>)> = OnceLock::new();

scenarios! {
    async fn rows_that_cannot_be_read_hold_nobody_up_and_are_dead_in_the_end(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..25).for_each(innocent)).await.unwrap();
        // No envelope; an id that is no ULID; arguments of another type; too large; another version.
        let set = |job: &str, which: u32| {
            let job = if store.is_postgres() { format!("convert_to({job}, 'utf8')") } else { job.to_owned() };
            format!("UPDATE {{jobs}} SET job = {job}, id = 'row {which}' WHERE id = (SELECT id FROM {{jobs}} WHERE id NOT LIKE 'row%' ORDER BY id LIMIT 1)")
        };
        let huge = if store.is_postgres() { "repeat('x', 2000000)" } else { "zeroblob(2000000)" };
        let rows = ["'no json'", r#"'{"v":1,"f":"innocent","a":{"number":"seven"}}'"#, huge, r#"'{"v":2}'"#, "'[[[[['"];
        for (which, job) in (0..).zip(rows) {
            assert_eq!(store.execute(&set(job, which)).await, 1);
        }
        jobs.work(4);
        until(async || counts("innocent", "durable worker").ok == 20).await;
        assert!(jobs.counts().await.unwrap().dead() <= 1, "they are put back a few times");
        until(async || jobs.counts().await.unwrap().dead() == 5).await;
        let mut dead = jobs.dead().await.unwrap();
        dead.sort_by(|one, other| one.id().cmp(other.id()));
        let errors: Vec<_> = dead.iter().map(Dead::error).collect();
        assert_eq!(errors, [
            "it is not the envelope of a launch",
            "the argument `number` is no `u64`",
            "it is larger than 1114112 bytes",
            "its envelope has another version",
            "it is not the envelope of a launch",
        ]);
    }

    async fn a_function_that_this_program_lacks_is_put_back_and_waits_for_one_that_has_it(store) {
        let jobs = store.open().await;
        jobs.stored(|| innocent(1)).await.unwrap();
        let replace = |from: &str, to: &str| if store.is_postgres() {
            format!("UPDATE {{jobs}} SET job = convert_to(replace(convert_from(job, 'utf8'), '{from}', '{to}'), 'utf8'), run_at = now()")
        } else {
            format!("UPDATE {{jobs}} SET job = cast(replace(cast(job as text), '{from}', '{to}') as blob), run_at = unixepoch()")
        };
        store.execute(&replace("innocent", "of a later version")).await;
        jobs.work(1);
        let is_put_back = "UPDATE {jobs} SET run_at = run_at WHERE status = 'Pending' AND last_result IS NOT NULL";
        until(async || store.execute(is_put_back).await == 1).await;
        jobs.stored(|| innocent(2)).await.unwrap();
        until(async || counts("innocent", "durable worker").ok == 1).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(jobs.counts().await.unwrap().dead(), 0);
        store.execute(&(replace("of a later version", "innocent") + " WHERE status = 'Pending'")).await;
        until(async || counts("innocent", "durable worker").ok == 2).await;
    }

    async fn returns_for_want_of_a_function_do_not_count_as_returns_of_what_cannot_be_read(store) {
        let jobs = store.open().await;
        jobs.stored(|| innocent(1)).await.unwrap();
        let set = |job: &str| {
            let job = if store.is_postgres() { format!("convert_to('{job}', 'utf8')") } else { format!("'{job}'") };
            format!("UPDATE {{jobs}} SET job = {job}")
        };
        let (now, said) = if store.is_postgres() { ("now()", "last_result::text") } else { ("unixepoch()", "last_result") };
        store.execute(&set(r#"{"v":1,"f":"of a later version","a":{}}"#)).await;
        jobs.work(1);
        // Five times, without the pauses between them.
        for _ in 0..5 {
            let again = format!("UPDATE {{jobs}} SET run_at = {now}, last_result = replace({said}, 'has no such', 'has no') WHERE status = 'Pending' AND {said} LIKE '%has no such%'");
            let again = if store.is_postgres() { again.replace("'has no')", "'has no')::jsonb") } else { again };
            until(async || store.execute(&again).await == 1).await;
        }
        until(async || store.execute(&format!("UPDATE {{jobs}} SET run_at = run_at WHERE status = 'Pending' AND {said} LIKE '%has no such%'")).await == 1).await;
        store.execute(&format!("{}, run_at = {now}", set(r#"{"v":1,"f":"innocent","a":{"number":"seven"}}"#))).await;
        until(async || store.execute(&format!("UPDATE {{jobs}} SET run_at = run_at WHERE {said} LIKE '%is no%'")).await == 1).await;
        assert_eq!(store.statuses().await, ["Pending"]);
    }

    async fn a_row_that_is_changed_under_its_running_job_is_run_again(store) {
        let jobs = store.open().await;
        let (begun, mut begins) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        GATED.set((begun, gate.clone())).unwrap();
        jobs.stored(gated).await.unwrap();
        jobs.work(1);
        begins.recv().await.unwrap();
        assert_eq!(store.execute("UPDATE {jobs} SET attempts = attempts + 1").await, 1);
        gate.add_permits(1);
        begins.recv().await.unwrap();
        gate.add_permits(1);
        until(async || jobs.counts().await.unwrap().done() == 1).await;
        assert_eq!(counts("changed meanwhile", "durable worker").ok, 2);
    }

    async fn a_row_that_describes_a_span_is_run_whatever_it_says_and_with_or_without_the_feature(store) {
        let jobs = store.open().await;
        jobs.stored(|| (0..3).for_each(innocent)).await.unwrap();
        let spans = [
            r#"{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#.to_owned(),
            "17".to_owned(),
            format!(r#""{}""#, "x".repeat(50_000)),
        ];
        for (number, span) in (0..).zip(spans) {
            let job = format!(r#"{{"v":1,"f":"innocent","a":{{"number":{number}}},"trace":{span}}}"#);
            let job = if store.is_postgres() { format!("convert_to('{job}', 'utf8')") } else { format!("'{job}'") };
            let sql = format!("UPDATE {{jobs}} SET job = {job} WHERE id = (SELECT id FROM {{jobs}} ORDER BY id LIMIT 1 OFFSET {number})");
            assert_eq!(store.execute(&sql).await, 1);
        }
        jobs.work(1);
        until(async || jobs.counts().await.unwrap().done() == 3).await;
        assert_eq!(counts("innocent", "durable worker").ok, 3);
    }
}
