//! Functions on one pool of two threads.

use std::time::Instant;

use futures::executor::block_on;

use super::site;
use super::{
    AGAIN, Answer, FIRST, FLUSH_EACH, FLUSH_ONE, FLUSH_QUIET, IN_TURN, LEDGER, ONE, SHUTDOWN,
    THOUSAND, THREADS_ONE, THREADS_THOUSAND, process, repeated, repetitions,
};
use crate::body::{self, PLAIN};
use crate::child;
use crate::peer::{Peer, cost_of_the_clock, nanoseconds};
use crate::shapes::growth;
use crate::statistics::quantile;

/// What the child does.
pub(crate) fn measure(amount: usize) {
    let mut answer = Answer::default();
    let pool = growth::ours();
    let clock = cost_of_the_clock();
    // The queue is filled once, so that its memory is not taken for that of the functions.
    plugged(&pool, || {
        pool.launch_all(&mut body::owed_texts(growth::QUEUE));
    });

    let texts = body::texts(amount);
    // Written, so that their memory is not taken for that of the functions either.
    let mut firsts = vec![f64::MAX; amount];
    _ = process::resident_bytes();
    let before = process::resident_bytes();
    plugged(&pool, || {
        body::owe(&texts);
        for ((index, text), first) in texts.into_iter().enumerate().zip(&mut firsts) {
            let begun = Instant::now();
            launch(index, text, PLAIN);
            *first = nanoseconds(begun.elapsed()) - clock;
        }
    });
    let memory_of_each = || (process::resident_bytes() - before) / 1024.0 / amount as f64;
    block_on(pool.settle());
    answer.set(ONE, memory_of_each());
    answer.set(FIRST, quantile(&firsts[amount - amount.min(LAST)..], 0.5));
    if let Some(threads) = process::threads() {
        answer.set(THREADS_ONE, threads);
    }

    answer.set(LEDGER, process::ledger());
    answer.set(FLUSH_QUIET, process::flush_quiet());
    let last = |text, number| launch(amount - 1, text, number);
    answer.set(FLUSH_ONE, process::flush_one(last));
    let one_of_each = || {
        block_on(pool.plug());
        let texts = body::owed_texts(amount);
        for (index, text) in texts.into_iter().enumerate() {
            launch(index, text, PLAIN);
        }
        process::flush(|| body::set_gate(true))
    };
    answer.set(FLUSH_EACH, repeated(repetitions(5), one_of_each));

    let cost = |launch: &dyn Fn(usize, String)| {
        let mut cost = 0.0;
        plugged(&pool, || {
            let texts = body::owed_texts(LAUNCHES).into_iter();
            cost = growth::time(texts.enumerate(), |(index, text)| launch(index, text));
        });
        cost
    };
    let again = || cost(&|_, text| last(text, PLAIN));
    answer.set(AGAIN, repeated(repetitions(20), again));
    let in_turn = || cost(&|index, text| launch(index % amount, text, PLAIN));
    answer.set(IN_TURN, repeated(repetitions(20), in_turn));

    for stretch in 0..(amount * 1000).div_ceil(LAUNCHES) {
        for (index, text) in body::owed_texts(LAUNCHES).into_iter().enumerate() {
            launch((stretch * LAUNCHES + index) % amount, text, PLAIN);
        }
        block_on(pool.drain());
    }
    block_on(pool.settle());
    answer.set(THOUSAND, memory_of_each());
    if let Some(threads) = process::threads() {
        answer.set(THREADS_THOUSAND, threads);
    }
    answer.set(SHUTDOWN, process::shutdown());
    child::answer(&answer);
}

/// The number of first launches that count as the last ones.
const LAST: usize = 100;
/// The number of launches in a row, which fits into the queue.
const LAUNCHES: usize = 8000;

/// Runs a stretch while every worker is occupied, so that a launch wakes nobody.
fn plugged(pool: &Peer, stretch: impl FnOnce()) {
    block_on(pool.plug());
    stretch();
    block_on(pool.unplug());
}

/// Calls one of the functions. The first thousand are annotated, with machine code of their own.
fn launch(index: usize, text: String, number: u64) {
    match growth::annotated().get(index) {
        Some(launch) => launch(text, number),
        None => site::launch(site::of(index), &growth::POOL, text, number),
    }
}
