//! Pools of default size, each with a function of its own.

use std::thread;
use std::time::{Duration, Instant};

use fire_and_forget::Pool;
use futures::executor::block_on;

use super::site;
use super::{
    AGAIN, Answer, FIRST, FLUSH_EACH, FLUSH_ONE, FLUSH_QUIET, LEDGER, ONE, SHUTDOWN, START,
    THOUSAND, THREADS_ONE, THREADS_THOUSAND, microseconds, process, repeated, repetitions,
};
use crate::body::{self, PLAIN, PLUG};
use crate::child;
use crate::peer::{Peer, cost_of_the_clock, nanoseconds};
use crate::shapes::growth;
use crate::statistics::quantile;

/// The threads stay, so that all measurements find as many.
static POOLS: [Pool; 1000] = [const { Pool::new("scale").keep_alive(Duration::MAX) }; 1000];

/// What the child does.
pub(crate) fn measure(amount: usize) {
    let mut answer = Answer::default();
    let clock = cost_of_the_clock();
    let other = begin();

    let texts = body::texts(amount);
    // Written, so that their memory is not taken for that of the pools.
    let mut firsts = vec![f64::MAX; amount];
    let mut starts = vec![f64::MAX; amount];
    let before = process::resident_bytes();
    for (index, text) in texts.into_iter().enumerate() {
        body::owe(std::slice::from_ref(&text));
        let begun = Instant::now();
        launch(index, text, body::now());
        firsts[index] = nanoseconds(begun.elapsed()) - clock;
        block_on(other.drain());
        starts[index] = body::take_latency().map_or(f64::NAN, microseconds);
    }
    let memory_of_each = || (process::resident_bytes() - before) / 1024.0 / amount as f64;
    block_on(other.settle());
    answer.set(ONE, memory_of_each());
    let last = amount - amount.min(LAST);
    answer.set(FIRST, quantile(&firsts[last..], 0.5));
    answer.set(START, quantile(&starts[last..], 0.5));
    if let Some(threads) = process::threads() {
        answer.set(THREADS_ONE, threads);
    }

    for index in 0..amount {
        for text in body::owed_texts(1000) {
            launch(index, text, PLAIN);
        }
        block_on(other.drain());
    }
    block_on(other.settle());
    answer.set(THOUSAND, memory_of_each());
    if let Some(threads) = process::threads() {
        answer.set(THREADS_THOUSAND, threads);
    }

    answer.set(LEDGER, process::ledger());
    answer.set(FLUSH_QUIET, process::flush_quiet());
    let last = move |text, number| launch(amount - 1, text, number);
    answer.set(FLUSH_ONE, process::flush_one(last));
    let one_of_each = || {
        body::set_gate(false);
        for (index, text) in body::owed_texts(amount).into_iter().enumerate() {
            launch(index, text, PLUG);
        }
        process::wait_at_gate(amount);
        process::flush(|| body::set_gate(true))
    };
    answer.set(FLUSH_EACH, repeated(repetitions(5), one_of_each));

    let mut pool = Peer::new(last);
    pool.workers = threads_of_a_pool();
    let again = || {
        block_on(pool.plug());
        let texts = body::owed_texts(LAUNCHES);
        let cost = growth::time(texts, |text| last(text, PLAIN));
        block_on(pool.unplug());
        cost
    };
    answer.set(AGAIN, repeated(repetitions(20), again));

    answer.set(SHUTDOWN, process::shutdown());
    child::answer(&answer);
}

/// What the child does that launches nothing. It answers the memory of each started pool, in KiB.
pub(crate) fn measure_started(amount: usize) {
    let other = begin();
    let before = process::resident_bytes();
    let threads = process::threads();
    POOLS[..amount].iter().for_each(Pool::start);
    // A thread that has come to rest is one that has touched its memory; `settle` waits for that.
    while let (Some(before), Some(now)) = (threads, process::threads())
        && now < before + amount as f64
    {
        thread::yield_now();
    }
    block_on(other.settle());
    let each = (process::resident_bytes() - before) / 1024.0 / amount as f64;
    child::answer(&each);
}

/// Their threads retire at once.
static IDLE_POOLS: [Pool; 1000] = [const { Pool::new("idle").keep_alive(Duration::ZERO) }; 1000];

/// What the child does whose pools are idle again, their threads retired. It answers the memory of each, in KiB.
pub(crate) fn measure_idle(amount: usize) {
    let other = begin();
    let before = process::resident_bytes();
    let threads = process::threads();
    for (index, pool) in IDLE_POOLS[..amount].iter().enumerate() {
        for text in body::owed_texts(16_000) {
            site::launch(site::of(index), pool, text, PLAIN);
        }
        block_on(other.drain());
    }
    block_on(other.settle());
    while process::threads() > threads {
        thread::yield_now();
    }
    let each = (process::resident_bytes() - before) / 1024.0 / amount as f64;
    child::answer(&each);
}

/// The number of first launches that count as the last ones.
const LAST: usize = 100;
/// The number of launches in a row, which fits into the queue.
const LAUNCHES: usize = 8000;

/// Starts what a process has once, and returns a pool that is none of the [`POOLS`].
fn begin() -> Peer {
    let other = growth::ours();
    block_on(other.plug());
    block_on(other.unplug());
    block_on(other.settle());
    // The first look at the memory allocates for itself.
    _ = process::resident_bytes();
    other
}

/// Launches on one of the pools.
fn launch(index: usize, text: String, number: u64) {
    site::launch(site::of(index), &POOLS[index], text, number);
}

/// The default of [`Pool::threads`].
fn threads_of_a_pool() -> usize {
    thread::available_parallelism().map_or(4, |threads| threads.get().max(4))
}
