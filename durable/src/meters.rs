//! Metrics of the store's content (feature `metrics`).
//!
//! The numbers go to the recorder of the [`metrics`] crate that the process has installed, at the interval of
//! [`Options::measure_every`](crate::Options::measure_every). They cover the whole store, so each program that has it open
//! reports the same numbers: measure in one of them, or take the maximum.
//!
//! | name | labels | what |
//! |---|---|---|
//! | [`fire_and_forget_durable_waiting`](WAITING) | `queue`, `function` | jobs that wait, including those that are not due yet |
//! | [`fire_and_forget_durable_running`](RUNNING) | `queue`, `function` | jobs that a worker has |
//! | [`fire_and_forget_durable_dead`](DEAD) | `queue`, `function` | jobs that were given up, and are kept |
//! | [`fire_and_forget_durable_oldest_waiting_seconds`](OLDEST) | `queue`, `function` | how long the oldest one that is due has waited |
//! | [`fire_and_forget_durable_unattended`](UNATTENDED) | `queue` | 1 where jobs wait, and no worker was seen within two minutes |
//!
//! All are gauges. `function` is empty for rows that were inserted by hand. A gauge whose jobs are gone is set to 0.
//!
//! Launches and executions of this process are measured by `fire_and_forget::meters`, with the backends `durable` and
//! `durable worker`.

use std::collections::HashSet;
use std::time::Duration;

use metrics::gauge;
use tokio::runtime::Handle;

use crate::counts::{Counts, Tally};
use crate::store::Store;

/// Jobs that wait.
pub const WAITING: &str = "fire_and_forget_durable_waiting";
/// Jobs that a worker has.
pub const RUNNING: &str = "fire_and_forget_durable_running";
/// Jobs that were given up.
pub const DEAD: &str = "fire_and_forget_durable_dead";
/// How long the oldest job that is due has waited, in seconds.
pub const OLDEST: &str = "fire_and_forget_durable_oldest_waiting_seconds";
/// 1 if a queue has jobs and no worker was seen lately, otherwise 0.
pub const UNATTENDED: &str = "fire_and_forget_durable_unattended";

/// Measures the store at each interval. The recorder is the user's code, so it is called on the runtime of bodies.
pub(crate) async fn run(store: Store, interval: Duration, bodies: Handle) {
    let mut known = Known::default();
    loop {
        // While the store is away, the gauges keep their last values.
        if let (Ok(counts), Ok(unattended)) = (store.counts().await, store.unattended().await) {
            let counts = Counts::new(counts, unattended);
            let telling = bodies.spawn(async move {
                known.tell(&counts);
                known
            });
            // If the recorder has panicked, begins without known gauges, and calls it again the next time.
            known = telling.await.unwrap_or_default();
        }
        tokio::time::sleep(interval).await;
    }
}

/// The gauges that have been set, so that those whose jobs are gone can be set to 0.
#[derive(Default)]
struct Known {
    tallies: HashSet<(String, String)>,
    unattended: HashSet<String>,
}

impl Known {
    /// Sets all gauges.
    fn tell(&mut self, counts: &Counts) {
        let mut gone = self.tallies.clone();
        for tally in counts.tallies() {
            let function = tally.function().unwrap_or_default();
            let key = (tally.queue().to_owned(), function.to_owned());
            say(&key, Some(tally));
            gone.remove(&key);
            self.tallies.insert(key);
        }
        for key in gone {
            say(&key, None);
        }
        self.unattended.extend(counts.unattended().iter().cloned());
        for queue in &self.unattended {
            let is_so = counts.unattended().contains(queue);
            gauge!(UNATTENDED, "queue" => queue.clone()).set(u32::from(is_so));
        }
    }
}

/// Sets the gauges of one function in one queue; to 0 without a tally.
#[allow(clippy::cast_precision_loss)] // A gauge is a float.
fn say((queue, function): &(String, String), tally: Option<&Tally>) {
    let of = |number: fn(&Tally) -> u64| tally.map_or(0, number) as f64;
    let oldest = tally.and_then(Tally::oldest_waiting).unwrap_or_default();
    for (name, value) in [
        (WAITING, of(Tally::waiting)),
        (RUNNING, of(Tally::running)),
        (DEAD, of(Tally::dead)),
        (OLDEST, oldest.as_secs_f64()),
    ] {
        gauge!(name, "queue" => queue.clone(), "function" => function.clone()).set(value);
    }
}
