//! Processes that are killed again and again, at whatever moment the kill comes.
//!
//! `DURABLE_KILLS` says how often; 5 by default.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fire_and_forget::fire_and_forget;

use crate::scenario::{Store, kills, note_of_body, scenarios, until};

static KEPT: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());

#[fire_and_forget(backend = "durable", name = "working")]
async fn working(number: u64) {
    let process = std::process::id();
    note_of_body(format_args!("{process} begun {number}"));
    tokio::time::sleep(Duration::from_millis(5 + number * 7919 % 55)).await;
    note_of_body(format_args!("{process} done {number}"));
}

#[fire_and_forget(backend = "durable", name = "kept")]
fn kept(number: u64) {
    KEPT.lock().unwrap().insert(number);
}

/// So many jobs at once.
const AT_ONCE: usize = 4;

/// Soon enough that no job whose worker has died is blamed for the next death: see `Hands::suspect`.
const MOST_AGE: Duration = Duration::from_millis(700);

/// Any moment will do; the next one differs.
fn some_number(below: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(()) % below
}

/// Starts another process of the scenario, and kills it once it has written so many lines, or has lived so long, and a moment.
fn kill_amid(store: &Store, process: u32, lines: usize) -> u32 {
    let mut child: Child = store
        .other(process)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (born, before) = (Instant::now(), store.notes().len());
    while store.notes().len() < before + lines && born.elapsed() < MOST_AGE {
        std::thread::sleep(Duration::from_millis(1));
        assert!(child.try_wait().unwrap().is_none(), "it ends by itself");
    }
    std::thread::sleep(Duration::from_micros(some_number(20_000)));
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    child.id()
}

/// The numbers of lines that say this, each with how often.
fn numbers(notes: &[String], what: &str) -> BTreeMap<u64, u64> {
    let mut all = BTreeMap::new();
    for note in notes {
        let mut words = note.split(' ').skip(1);
        if words.next() == Some(what) {
            *all.entry(words.next().unwrap().parse().unwrap())
                .or_default() += 1;
        }
    }
    all
}

fn repeated(numbers: &BTreeMap<u64, u64>) -> u64 {
    numbers.values().map(|times| times - 1).sum()
}

scenarios! {
    async fn a_worker_that_is_killed_again_and_again_loses_nothing(store) {
        if store.process > 0 {
            store.open().await.work(AT_ONCE);
            return std::future::pending().await;
        }
        let jobs = store.open().await;
        let all = (kills() * 10).max(200);
        jobs.stored(|| (0..all).for_each(working)).await.unwrap();
        let mut ran = 0;
        for _ in 0..kills() {
            let killed = kill_amid(&store, 1, usize::try_from(some_number(16)).unwrap());
            let is_its = |note: &&String| note.starts_with(&format!("{killed} "));
            let its: Vec<_> = store.notes().iter().filter(is_its).cloned().collect();
            ran += numbers(&its, "begun").len() - numbers(&its, "done").len();
        }
        let done_before = jobs.counts().await.unwrap().done();
        jobs.work(AT_ONCE);
        until(async || {
            let counts = jobs.counts().await.unwrap();
            counts.waiting() + counts.running() == 0
        }).await;
        let counts = jobs.counts().await.unwrap();
        let notes = store.notes();
        let (begun, done) = (numbers(&notes, "begun"), numbers(&notes, "done"));
        let most = begun.values().max().unwrap();
        crate::scenario::say(format_args!(
            "{} kills of a worker on {}, {ran} jobs ran at one, {done_before} of {all} done before the last worker: lost {}, \
             dead {}, ended twice {}, begun again {}, at most {most} times",
            kills(), store.kind(), all - done.len() as u64, counts.dead(), repeated(&done), repeated(&begun),
        ));
        assert_eq!((counts.done(), counts.dead()), (all, 0));
        assert_eq!(done.len() as u64, all);
        // What ran at a kill begins again; so does what had ended, and the store had not been told.
        let could_run = kills() * AT_ONCE as u64;
        assert!(ran as u64 <= could_run, "{ran}");
        assert!(repeated(&done) <= could_run, "{done:?}");
    }

    async fn a_launcher_that_is_killed_again_and_again_keeps_its_word(store) {
        if store.process > 0 {
            let jobs = store.open().await;
            let process = std::process::id();
            for number in u64::from(process) << 32.. {
                jobs.stored(|| kept(number)).await.unwrap();
                note_of_body(format_args!("{process} stored {number}"));
            }
        }
        for _ in 0..kills() {
            kill_amid(&store, 1, usize::try_from(1 + some_number(60)).unwrap());
        }
        let jobs = store.open().await;
        jobs.work(8);
        until(async || {
            let counts = jobs.counts().await.unwrap();
            counts.waiting() + counts.running() == 0
        }).await;
        let said = numbers(&store.notes(), "stored");
        let kept = KEPT.lock().unwrap();
        let lost = said.keys().filter(|number| !kept.contains(number)).count();
        crate::scenario::say(format_args!(
            "{} kills of a launcher on {}: `stored` returned for {}, lost {lost}, stored and not said {}",
            kills(), store.kind(), said.len(), kept.len() - (said.len() - lost),
        ));
        assert_eq!(lost, 0);
        assert!(said.len() as u64 >= kills());
    }
}
