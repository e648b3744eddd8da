//! What a launcher does until it is told to end: each way to launch, in a task of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use fire_and_forget::durable;
use fire_and_forget_durable::Jobs;
use tokio::task::JoinSet;

use super::{functions, log};
use crate::arguments::Child;
use crate::log_line;
use crate::orders::Orders;

/// The tasks of a launcher.
pub(super) struct Launching {
    tasks: JoinSet<()>,
    is_over: Arc<AtomicBool>,
}

impl Launching {
    /// Returns when nothing is launched any more.
    pub(super) async fn end(mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // One may wait for a database that is away.
        if tokio::time::timeout(Duration::from_secs(5), all)
            .await
            .is_err()
        {
            self.tasks.shutdown().await;
        }
    }
}

struct Launcher {
    jobs: Jobs,
    /// Of the next launch: the number of the process is in its upper half.
    next: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    random: Rng,
    /// The mean time between two launches of its kind.
    gap: Duration,
}

pub(super) fn start(child: &Child, jobs: &Jobs) -> anyhow::Result<Launching> {
    let next = Arc::new(AtomicU64::new(u64::from(child.process) << 32));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut random = Rng::with_seed(child.seed.wrapping_add(u64::from(child.process)));
    let mut launcher = |share: f64| Launcher {
        jobs: jobs.clone(),
        next: next.clone(),
        is_over: is_over.clone(),
        random: random.fork(),
        gap: Duration::from_secs_f64(1.0 / (f64::from(child.rate) * share)),
    };
    let (plain, stored, later, ordered) =
        (launcher(0.5), launcher(0.3), launcher(0.08), launcher(0.12));
    let orders = Orders::connect(&child.url)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(plain.plainly());
    tasks.spawn(stored.stored());
    tasks.spawn(later.later());
    tasks.spawn(ordered.in_transactions(orders));
    Ok(Launching { tasks, is_over })
}

impl Launcher {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// So many launches are written down before they are made.
    fn numbers(&self, count: u32, how: &str) -> Vec<u64> {
        let numbers: Vec<u64> = (0..count).map(|_| self.number()).collect();
        log::write(
            numbers
                .iter()
                .map(|number| format!("launch {number} {how}")),
        );
        log::sync();
        numbers
    }

    async fn pause(&mut self, count: u32) {
        tokio::time::sleep(self.gap * count * self.random.u32(5..15) / 10).await;
    }

    /// Calls, in bursts; and now and then a flush, after which they are stored.
    async fn plainly(mut self) {
        while self.goes_on() {
            let count = self.random.u32(1..9);
            let numbers = self.numbers(count, "plain");
            numbers.iter().copied().for_each(functions::any);
            if self.random.u32(0..4) == 0
                && durable::flush(Duration::from_secs(1)).await.is_ok()
                && let Some(last) = numbers.last()
            {
                log_line!("flushed {last}");
            }
            self.pause(count).await;
        }
    }

    async fn stored(mut self) {
        while self.goes_on() {
            let count = self.random.u32(1..4);
            let mut numbers = Vec::new();
            let launches = || {
                numbers = self.numbers(count, "stored");
                numbers.iter().copied().for_each(functions::any);
            };
            let result = self.jobs.stored(launches).await;
            say(&numbers, result.is_ok());
            self.pause(count).await;
        }
    }

    async fn later(mut self) {
        while self.goes_on() {
            let delay = Duration::from_millis(self.random.u64(200..4000));
            let mut numbers = Vec::new();
            let launches = || {
                numbers = self.numbers(1, &format!("later {}", delay.as_millis()));
                numbers.iter().copied().for_each(functions::any);
            };
            let result = self.jobs.later(delay, launches).await;
            say(&numbers, result.is_ok());
            self.pause(1).await;
        }
    }

    /// With an order each: both are there, or neither.
    async fn in_transactions(mut self, orders: Orders) {
        while self.goes_on() {
            let (number, is_kept) = (self.number(), self.random.bool());
            let launch = || {
                log_line!("launch {number} in {is_kept}");
                log::sync();
                functions::ordered(number);
            };
            match orders.place(&self.jobs, number, launch, is_kept).await {
                Ok(()) if is_kept => say(&[number], true),
                Ok(()) => log_line!("rolled-back {number}"),
                // Where the answer to a commit was lost, nobody knows.
                Err(error) => log_line!("unclear {number} {error:#}"),
            }
            self.pause(1).await;
        }
    }
}

fn say(numbers: &[u64], is_stored: bool) {
    let word = if is_stored { "stored" } else { "refused" };
    log::write(numbers.iter().map(|number| format!("{word} {number}")));
    log::sync();
}
