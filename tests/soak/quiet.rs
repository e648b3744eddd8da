//! The moments of quiet between the rounds: memory and threads, which must not grow.

use std::fmt;
use std::time::{Duration, Instant};

use fire_and_forget::ledger;

use crate::{faults, live_bytes, process, runtimes};

/// All of them so far.
pub(crate) struct Moments {
    began: Instant,
    moments: Vec<Moment>,
}

/// One of them.
pub(crate) struct Moment {
    number: usize,
    /// How long it took all to end, after the last call.
    waited: Duration,
    launched: u64,
    per_second: u64,
    /// How many have come and gone.
    runtimes: usize,
    live_bytes: usize,
    /// None where the system does not tell.
    resident_kib: Option<usize>,
    threads: Option<usize>,
}

impl Moments {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            // Enough for hours, so that this itself does not grow.
            moments: Vec::with_capacity(1 << 16),
        }
    }

    /// To be called when all is quiet.
    pub(crate) fn add(&mut self, waited: Duration) {
        process::expect_few_threads();
        let launched = ledger().total().launched;
        self.moments.push(Moment {
            number: self.moments.len() + 1,
            waited,
            launched,
            per_second: launched / self.began.elapsed().as_secs().max(1),
            runtimes: runtimes::count(),
            live_bytes: live_bytes::now(),
            resident_kib: process::resident_kib(),
            threads: process::threads().map(|threads| threads.len()),
        });
    }

    /// What there is to tell of the last one.
    pub(crate) fn last(&self) -> impl fmt::Display {
        self.moments
            .last()
            .map_or_else(String::new, Moment::to_string)
    }

    /// Compares the first third with the last.
    pub(crate) fn check(&self) {
        let longest = self.moments.iter().map(|moment| moment.waited).max();
        println!(
            "\n{} moments of quiet, waited for {:?} at most; first third and last:",
            self.moments.len(),
            longest.unwrap_or_default()
        );
        self.compare("live bytes", LIVE_TOLERANCE, |moment| {
            Some(moment.live_bytes)
        });
        self.compare("KiB resident", RESIDENT_TOLERANCE_KIB, |moment| {
            moment.resident_kib
        });
        self.compare("threads", usize::MAX, |moment| moment.threads);
    }

    /// Medians, because a moment may have caught a thread on its way out. Threads have a bound of their own.
    fn compare(&self, what: &str, tolerance: usize, of: impl Fn(&Moment) -> Option<usize>) {
        let third = self.moments.len() / 3;
        let median = |moments: &[Moment]| {
            let mut values: Vec<_> = moments.iter().map(&of).collect::<Option<_>>()?;
            values.sort_unstable();
            values.get(values.len() / 2).copied()
        };
        let first = median(&self.moments[..third]);
        let last = median(&self.moments[self.moments.len() - third..]);
        let (Some(first), Some(last)) = (first, last) else {
            println!(
                "  {what}: skipped, because this system does not tell, or the run was too short"
            );
            return;
        };
        println!("  {what}: {first} and {last}");
        if last.saturating_sub(first) > tolerance {
            faults::add(format!("{what} grow from {first} to {last}"));
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "round {:>4}  launched {:>11}, {:>8} a second  {:>7} runtimes  live {:>5} KiB",
            self.number,
            self.launched,
            self.per_second,
            self.runtimes,
            self.live_bytes / 1024
        )?;
        if let (Some(resident), Some(threads)) = (self.resident_kib, self.threads) {
            write!(f, ", resident {resident:>6} KiB  {threads:>2} threads")?;
        }
        Ok(())
    }
}

/// What a moment may catch: a few threads more of the built-in pool, memory that a runtime keeps for the next task.
const LIVE_TOLERANCE: usize = 64 << 10;
/// The system's allocator keeps what it has, in pieces.
const RESIDENT_TOLERANCE_KIB: usize = 16 << 10;
