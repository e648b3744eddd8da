//! The content of a store for its users: numbers of jobs per function and queue (`Counts`), and dead jobs (`Dead`).

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::envelope::Envelope;
use crate::store::{Buried, Count};

/// The numbers of jobs in the store, per function and queue.
#[derive(Debug, Clone)]
pub struct Counts {
    tallies: Vec<Tally>,
    unattended: Vec<String>,
}

impl Counts {
    pub(crate) fn new(counts: Vec<Count>, unattended: Vec<String>) -> Self {
        let mut tallies: BTreeMap<(String, Option<String>), Tally> = BTreeMap::new();
        for count in counts {
            let key = (count.queue.clone(), count.function.clone());
            let tally = tallies
                .entry(key)
                .or_insert_with(|| Tally::new(count.queue, count.function));
            let jobs = u64::try_from(count.jobs).unwrap_or(0);
            match &*count.status {
                "Queued" | "Running" => tally.running += jobs,
                "Done" => tally.done += jobs,
                "Killed" => tally.dead += jobs,
                _ => {
                    tally.waiting += jobs;
                    let age = count
                        .oldest_secs
                        .and_then(|secs| Duration::try_from_secs_f64(secs).ok());
                    tally.oldest = tally.oldest.max(age);
                }
            }
        }
        Self {
            tallies: tallies.into_values().collect(),
            unattended,
        }
    }

    /// Returns one tally for each function and queue that has jobs in the store, sorted by queue and name.
    #[must_use]
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Returns how many jobs of all functions wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.tallies.iter().map(Tally::waiting).sum()
    }

    /// Returns how many jobs of all functions a worker has.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.tallies.iter().map(Tally::running).sum()
    }

    /// Returns how many jobs of all functions are done and not pruned yet.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.tallies.iter().map(Tally::done).sum()
    }

    /// Returns how many jobs of all functions were given up and are not pruned yet.
    #[must_use]
    pub fn dead(&self) -> u64 {
        self.tallies.iter().map(Tally::dead).sum()
    }

    /// Returns the queues that have jobs, and of which no worker was seen within two minutes; they probably have no worker.
    #[must_use]
    pub fn unattended(&self) -> &[String] {
        &self.unattended
    }
}

/// The jobs of one function in one queue.
#[derive(Debug, Clone)]
pub struct Tally {
    queue: String,
    function: Option<String>,
    waiting: u64,
    running: u64,
    done: u64,
    dead: u64,
    oldest: Option<Duration>,
}

impl Tally {
    fn new(queue: String, function: Option<String>) -> Self {
        Self {
            queue,
            function,
            waiting: 0,
            running: 0,
            done: 0,
            dead: 0,
            oldest: None,
        }
    }

    /// Returns the queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Returns the function; `None` for rows that were inserted by hand.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }

    /// Returns how many wait, including those that are not due yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Returns how many a worker has: those that it runs, and those that it has fetched ahead.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.running
    }

    /// Returns how many are done and not pruned yet.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Returns how many were given up and are not pruned yet.
    #[must_use]
    pub fn dead(&self) -> u64 {
        self.dead
    }

    /// Returns how long the oldest job that is due has waited; `None` if none is due.
    #[must_use]
    pub fn oldest_waiting(&self) -> Option<Duration> {
        self.oldest
    }
}

/// A job that was given up. Its arguments are not in its `Debug`.
#[derive(Clone)]
pub struct Dead {
    id: String,
    queue: String,
    function: Option<String>,
    error: String,
    tries: u32,
    arguments: String,
    launched_at: Option<(String, u32)>,
    died_on: Option<SystemTime>,
}

impl Dead {
    pub(crate) fn new(buried: Buried) -> Self {
        let envelope = Envelope::read(&buried.job).ok();
        let result: Option<serde_json::Value> = buried
            .last_result
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let error = result
            .as_ref()
            .and_then(|result| result.get("Err")?.as_str());
        let died_on = buried
            .died_on
            .and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        Self {
            id: buried.id,
            queue: buried.queue,
            error: error.unwrap_or("unknown").into(),
            tries: envelope.as_ref().map_or(0, |envelope| envelope.tries),
            arguments: envelope
                .as_ref()
                .map_or_else(String::new, |envelope| envelope.arguments().into()),
            launched_at: envelope
                .as_ref()
                .map(|envelope| (envelope.file.clone(), envelope.line)),
            function: buried
                .function
                .or(envelope.map(|envelope| envelope.function)),
            died_on: died_on.and_then(|age| UNIX_EPOCH.checked_add(age)),
        }
    }

    /// Returns its id, for [`Jobs::revive`](crate::Jobs::revive) and [`Jobs::discard`](crate::Jobs::discard).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns its queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Returns its function; `None` for a row that was inserted by hand.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.function.as_deref()
    }

    /// Returns the text of its last failure.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Returns how often it has failed.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Returns its arguments: a JSON object with a field for each parameter, or an empty text if the row cannot be read.
    #[must_use]
    pub fn arguments(&self) -> &str {
        &self.arguments
    }

    /// Returns the file and the line that launched it; `None` if the row cannot be read.
    #[must_use]
    pub fn launched_at(&self) -> Option<(&str, u32)> {
        self.launched_at
            .as_ref()
            .map(|(file, line)| (&**file, *line))
    }

    /// Returns when it was given up, by the store's clock.
    #[must_use]
    pub fn died_on(&self) -> Option<SystemTime> {
        self.died_on
    }
}

impl fmt::Debug for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dead")
            .field("id", &self.id)
            .field("queue", &self.queue)
            .field("function", &self.function)
            .field("error", &self.error)
            .field("tries", &self.tries)
            .field("launched_at", &self.launched_at)
            .field("died_on", &self.died_on)
            .finish_non_exhaustive()
    }
}
