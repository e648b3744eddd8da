//! What is in the store, for whatever the process sends its metrics to (feature `metrics`).
//!
//! The numbers go to the recorder of the [`metrics`] crate that the process has installed, every so often: see
//! [`Options::measure_every`](crate::Options::measure_every). They are of the whole store, so they are the same from each program
//! that has it open: let one of them say it, or take the maximum.
//!
//! | name | labels | what |
//! |---|---|---|
//! | [`fire_and_forget_durable_waiting`](WAITING) | `queue`, `function` | jobs that wait, those that are not due yet among them |
//! | [`fire_and_forget_durable_running`](RUNNING) | `queue`, `function` | jobs that a worker has |
//! | [`fire_and_forget_durable_dead`](DEAD) | `queue`, `function` | jobs that were given up, and are kept |
//! | [`fire_and_forget_durable_oldest_waiting_seconds`](OLDEST) | `queue`, `function` | how long the oldest one that is due has waited |
//! | [`fire_and_forget_durable_unattended`](UNATTENDED) | `queue` | 1 where jobs wait, and no worker was seen within two minutes |
//!
//! All are gauges. `function` is empty for rows that were put there by hand. What was measured once, and is not there any more, is
//! said to be 0.
//!
//! What is launched and executed by this process is measured by `fire_and_forget::meters`, with `durable` and `durable worker` as
//! its `backend`.

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
/// Is there work in a queue, and nobody for it?
pub const UNATTENDED: &str = "fire_and_forget_durable_unattended";

/// Measures the store now and then. A recorder is the user's code: it is called on the runtime of bodies.
pub(crate) async fn run(store: Store, interval: Duration, bodies: Handle) {
    let mut known = Known::default();
    loop {
        // While the store is away, the last numbers stand.
        if let (Ok(counts), Ok(unattended)) = (store.counts().await, store.unattended().await) {
            let counts = Counts::new(counts, unattended);
            let telling = bodies.spawn(async move {
                known.tell(&counts);
                known
            });
            // A recorder that panics has no say in what is known, and may be better the next time.
            known = telling.await.unwrap_or_default();
        }
        tokio::time::sleep(interval).await;
    }
}

/// What has been measured once.
#[derive(Default)]
struct Known {
    tallies: HashSet<(String, String)>,
    unattended: HashSet<String>,
}

impl Known {
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
