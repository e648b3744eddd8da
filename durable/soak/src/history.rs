//! What was done to the processes and to the store, and when.

use std::sync::{Arc, Mutex, PoisonError};

use crate::child::Role;

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Killed(Role),
    /// For less than the time after which a worker is dead.
    StoppedBriefly(Role),
    StoppedLong(Role),
    /// By SIGTERM, with a deadline that is long enough.
    AskedToEnd(Role),
    /// By SIGINT, with a deadline that may be too short.
    Hurried(Role),
    Away(Away),
    /// A process was stopped while it wrote to the file of SQLite: nobody else could.
    Held,
}

/// How a store is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Away {
    /// SQLite: somebody else has the lock.
    Locked,
    /// SQLite: there is no folder of this name.
    Moved,
    /// Postgres: connections are cut, and new ones refused.
    Cut,
    /// Postgres: connections stay, and nothing comes through.
    Silent,
    /// Postgres: the same, for one process alone.
    CutForOne,
    SilentForOne,
    /// Postgres: the server is shut down, and started again.
    Restarted,
    /// Postgres: the server crashes, and recovers.
    Crashed,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) fault: Fault,
    /// Which process; none: all of them.
    pub(crate) process: Option<u32>,
    /// In microseconds since 1970.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// A process that has been, and how it ended.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    pub(crate) process: u32,
    pub(crate) role: Role,
    pub(crate) end: End,
    /// In microseconds since 1970.
    pub(crate) ended_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    /// By itself, because it was asked to.
    Ended,
    /// It found no store.
    Unopened,
    /// It has no right to.
    Wrong,
}

/// A rough time and the calm after it.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// When the rough time began, in microseconds since 1970.
    pub(crate) began: u64,
    pub(crate) calm: Calm,
}

/// A time in which nothing was done to anybody, and what became of the jobs that were neither done nor dead when it began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calm {
    /// In microseconds since 1970.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// How many there were.
    pub(crate) open: usize,
    /// How many of them a dead worker held.
    pub(crate) orphans: usize,
    /// How many of those have come to their end.
    pub(crate) taken_over: usize,
    /// After so many microseconds all had come to their end; none: those that follow had not.
    pub(crate) settled: Option<u64>,
    pub(crate) left: Vec<String>,
}

/// Shared by whoever makes faults.
#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<Told>>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    pub(crate) past: Vec<Past>,
    pub(crate) rounds: Vec<Round>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

impl History {
    pub(crate) fn add(&self, event: Event) {
        self.with(|told| told.events.push(event));
    }

    pub(crate) fn bury(&self, past: Past) {
        self.with(|told| told.past.push(past));
    }

    pub(crate) fn end_round(&self, round: Round) {
        self.with(|told| told.rounds.push(round));
    }

    pub(crate) fn wrong(&self, what: String) {
        eprintln!("wrong: {what}");
        self.with(|told| told.wrong.push(what));
    }

    pub(crate) fn told(&self) -> Told {
        self.with(|told| told.clone())
    }

    fn with<R>(&self, with: impl FnOnce(&mut Told) -> R) -> R {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
