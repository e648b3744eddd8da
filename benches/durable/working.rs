//! How fast our worker is.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::bare::Bare;
use crate::storing::{FOREVER, runtime};
use crate::{Result, functions};

/// What a worker has done, and in how many seconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Worked {
    pub(crate) done: usize,
    pub(crate) secs: f64,
}

impl Worked {
    pub(crate) fn per_second(&self) -> f64 {
        self.done as f64 / self.secs
    }
}

/// Works off at least so many jobs, until each outcome is in the store.
pub(crate) fn work_off(url: &str, jobs: usize) -> Result<Worked> {
    let runtime = runtime()?;
    let store = runtime.block_on(fire_and_forget_durable::open(url))?;
    let begun = Instant::now();
    store.work(AT_ONCE);
    functions::wait_for(jobs);
    fire_and_forget::shutdown(FOREVER).wait()?;
    let secs = begun.elapsed().as_secs_f64();
    let done = runtime.block_on(async { Bare::open(url).await?.done().await })?;
    Ok(Worked { done, secs })
}

/// How many jobs a worker runs at once.
pub(crate) const AT_ONCE: usize = 32;
