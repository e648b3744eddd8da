//! What a launch costs its caller, and how fast rows get into the store.

use std::time::{Duration, Instant};

use fire_and_forget::durable::flush;
use fire_and_forget_durable::Jobs;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::arguments::Amounts;
use crate::bare::{BATCH, Bare};
use crate::comparison::{Pair, median};
use crate::functions::{durable, ordinary, texts};

/// What one process has measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Storing {
    /// Nanoseconds of the caller for each launch, on an ordinary pool for comparison.
    pub(crate) launch: Pair,
    /// Rows per second, by bare statements for comparison.
    pub(crate) stored: Pair,
    /// Microseconds until `stored` has returned, of one bare statement for comparison.
    pub(crate) awaited: Pair,
}

/// Measures the pairs in turns; every other round begins with the other side.
pub(crate) fn measure(url: &str, round: usize, amounts: Amounts) -> Result<Storing> {
    let runtime = runtime()?;
    let jobs = runtime.block_on(fire_and_forget_durable::open(url))?;
    let bare = runtime.block_on(Bare::open(url))?;
    let is_ours_first = round.is_multiple_of(2);
    // Warms up: threads, connections and prepared statements are there, and the file is as large as it will be.
    stored(amounts.stored)?;
    stored_bare(&runtime, &bare, BATCH)?;
    awaited(&runtime, &jobs, 1)?;
    awaited_bare(&runtime, &bare, 1)?;
    ordinary_burst()?;

    let mut durable_bursts = Vec::new();
    let mut ordinary_bursts = Vec::new();
    for burst in 0..amounts.bursts {
        runtime.block_on(bare.settle())?;
        if is_ours_first == burst.is_multiple_of(2) {
            durable_bursts.push(durable_burst()?);
            ordinary_bursts.push(ordinary_burst()?);
        } else {
            ordinary_bursts.push(ordinary_burst()?);
            durable_bursts.push(durable_burst()?);
        }
    }
    let clear = || {
        // One row stays for what comes next to look like.
        let row = runtime.block_on(bare.rows(1))?;
        runtime.block_on(bare.clear())?;
        runtime.block_on(bare.insert(&row))
    };
    let in_turns =
        |ours: &dyn Fn() -> Result<f64>, bare: &dyn Fn() -> Result<f64>| -> Result<Pair> {
            let (mut our_stretches, mut bare_stretches) = (Vec::new(), Vec::new());
            for turn in 0..2 * amounts.stretches {
                clear()?;
                // One and the other, then the other and the one.
                if is_ours_first == matches!(turn % 4, 0 | 3) {
                    our_stretches.push(ours()?);
                } else {
                    bare_stretches.push(bare()?);
                }
            }
            Ok(Pair {
                ours: median(&our_stretches),
                peer: median(&bare_stretches),
            })
        };
    let measured = Storing {
        launch: Pair {
            ours: median(&durable_bursts),
            peer: median(&ordinary_bursts),
        },
        stored: in_turns(&|| stored(amounts.stored), &|| {
            stored_bare(&runtime, &bare, amounts.stored)
        })?,
        awaited: in_turns(&|| awaited(&runtime, &jobs, amounts.awaited), &|| {
            awaited_bare(&runtime, &bare, amounts.awaited)
        })?,
    };
    fire_and_forget::shutdown(FOREVER).wait()?;
    Ok(measured)
}

fn durable_burst() -> Result<f64> {
    burst(durable)
}

fn ordinary_burst() -> Result<f64> {
    burst(ordinary)
}

/// Nanoseconds for each launch of a burst, onto a thread that sleeps.
fn burst(launch: impl Fn(String, u64)) -> Result<f64> {
    // It has spun for a moment, and sleeps now.
    std::thread::sleep(Duration::from_millis(5));
    let texts = texts(BURST);
    let begun = Instant::now();
    for (order, text) in (0..).zip(texts) {
        launch(text, order);
    }
    let took = begun.elapsed();
    fire_and_forget::flush(FOREVER).wait()?;
    Ok(took.as_nanos() as f64 / BURST as f64)
}

/// Launches per second, until all of them are in the store.
fn stored(count: usize) -> Result<f64> {
    let texts = texts(count);
    let begun = Instant::now();
    for (order, text) in (0..).zip(texts) {
        durable(text, order);
    }
    flush(FOREVER).wait()?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

fn stored_bare(runtime: &Runtime, bare: &Bare, count: usize) -> Result<f64> {
    runtime.block_on(async {
        let rows = bare.rows(count).await?;
        let begun = Instant::now();
        for rows in rows.chunks(BATCH) {
            bare.insert(rows).await?;
        }
        Ok(count as f64 / begun.elapsed().as_secs_f64())
    })
}

/// The median of microseconds, of one after the other.
fn awaited(runtime: &Runtime, jobs: &Jobs, count: usize) -> Result<f64> {
    runtime.block_on(async {
        let mut took = Vec::with_capacity(count);
        for (order, text) in (0..).zip(texts(count)) {
            let begun = Instant::now();
            jobs.stored(|| durable(text, order)).await?;
            took.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        Ok(median(&took))
    })
}

fn awaited_bare(runtime: &Runtime, bare: &Bare, count: usize) -> Result<f64> {
    runtime.block_on(async {
        let mut took = Vec::with_capacity(count);
        for row in bare.rows(count).await?.chunks(1) {
            let begun = Instant::now();
            bare.insert(row).await?;
            took.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        Ok(median(&took))
    })
}

/// The runtime of a user's program.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

/// Longer than anybody watches.
pub(crate) const FOREVER: Duration = Duration::from_hours(24);

const BURST: usize = 1000;
