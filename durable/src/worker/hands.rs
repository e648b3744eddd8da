//! The jobs that one worker has: which wait, which may begin, and which go back to the store.
//!
//! A worker keeps no job that another could run. It gives waiting jobs back if its heartbeat is not fresh, and if none has
//! begun for [`PATIENCE`] because the running ones take long. Suspects (jobs whose worker died) wait apart, and hold up no
//! others: one of the process runs at a time, and only once the process has lived long enough (`is_of_age`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

use super::held::Held;
use super::pace::Pace;
use super::run::{self, Ran};
use super::{Shared, heart};
use crate::envelope::Envelope;
use crate::store::Fetched;

/// The jobs that this worker has.
pub(super) struct Hands {
    pub(super) shared: Arc<Shared>,
    pub(super) worker: Arc<str>,
    pub(super) queue: Arc<str>,
    pub(super) held: Held,
    /// The jobs that have not begun, without the suspects.
    waiting: VecDeque<Fetched>,
    /// The suspects that have not begun, with the deaths that their envelopes count.
    suspects: VecDeque<(u32, Fetched)>,
    /// The ids of jobs to put back.
    pub(super) back: Vec<String>,
    /// When a job began last, or the waiting ones came.
    pub(super) begun: Instant,
    pub(super) running: usize,
    ended: mpsc::UnboundedSender<Ran>,
}

impl Hands {
    pub(super) fn new(
        shared: Arc<Shared>,
        worker: &str,
        queue: &str,
        held: Held,
        ended: mpsc::UnboundedSender<Ran>,
    ) -> Self {
        Self {
            shared,
            worker: worker.into(),
            queue: queue.into(),
            held,
            waiting: VecDeque::new(),
            suspects: VecDeque::new(),
            back: Vec::new(),
            begun: Instant::now(),
            running: 0,
            ended,
        }
    }

    /// Takes fetched jobs.
    pub(super) fn take(&mut self, jobs: Vec<Fetched>) {
        if self.waiting.is_empty() {
            // Their wait begins now.
            self.begun = Instant::now();
        }
        for job in jobs {
            self.held.add(&job.id);
            if job.interruptions > 0 {
                let deaths = job
                    .job
                    .as_deref()
                    .and_then(|job| Envelope::read(job).ok())
                    .map_or(0, |envelope| envelope.deaths);
                self.suspects.push_back((deaths, job));
            } else {
                self.waiting.push_back(job);
            }
        }
    }

    /// Begins the jobs that may begin, and gives back those that could run elsewhere. Returns how many to fetch.
    pub(super) fn tend(&mut self, limit: usize, is_fresh: bool, pace: &mut Pace) -> usize {
        if !is_fresh {
            // Other workers may have the jobs by now.
            self.give_back();
            return 0;
        }
        self.begin(limit);
        let ahead = pace.ahead(limit);
        let room = (limit + ahead).saturating_sub(self.count());
        if self.begun.elapsed() >= PATIENCE && self.has_waiting() {
            // Bodies take longer than before, and another worker may have room for the waiting jobs.
            pace.slow_down();
            self.give_waiting_back();
        }
        // Waits until half of what may wait is gone, so that fetches are few and large.
        if room <= ahead / 2 { 0 } else { room }
    }

    /// Begins jobs up to the limit, suspects first.
    fn begin(&mut self, limit: usize) {
        while self.running < limit {
            let waiting = |waiting: &mut VecDeque<_>| Some((waiting.pop_front()?, None));
            let next = self.suspect().or_else(|| waiting(&mut self.waiting));
            let Some((job, alone)) = next else {
                break;
            };
            self.running += 1;
            self.begun = Instant::now();
            let place = Place::new(self.ended.clone(), &job);
            let run = run::run(
                self.shared.clone(),
                self.worker.clone(),
                self.queue.clone(),
                job,
                alone,
            );
            tokio::spawn(async move {
                let ran = run.await;
                place.end(ran);
            });
        }
    }

    /// Takes a suspect that may run now, and its permit. If another queue has the permit, the suspect goes back, since it
    /// could run elsewhere.
    fn suspect(&mut self) -> Option<(Fetched, Option<OwnedSemaphorePermit>)> {
        let place = self.ripe()?;
        let (_, job) = self.suspects.remove(place)?;
        match self.shared.suspects.clone().try_acquire_owned() {
            Ok(alone) => Some((job, Some(alone))),
            Err(_) => {
                self.held.remove(&job.id);
                self.back.push(job.id);
                None
            }
        }
    }

    /// Returns the index of a suspect that may run in a process of this age: see [`Self::is_of_age`].
    fn ripe(&self) -> Option<usize> {
        let is_ripe = |(deaths, _): &(u32, Fetched)| self.is_of_age(*deaths);
        self.suspects.iter().position(is_ripe)
    }

    /// Returns whether this process has lived for as long as others take to notice a death, doubled with each death of the job.
    ///
    /// Processes that are killed again and again from outside do not get so old, so no job is blamed for their deaths.
    fn is_of_age(&self, deaths: u32) -> bool {
        let beats = heart::DEAD_BEATS << deaths.min(4);
        self.shared.born.elapsed() >= self.shared.heartbeat * beats
    }

    /// Returns whether to fetch one more suspect: this process may run one now, and has none that waits and could run
    /// elsewhere.
    pub(super) fn may_suspect(&self, limit: usize) -> bool {
        self.is_of_age(0)
            && self.shared.suspects.available_permits() > 0
            && self.suspects.len() < limit
            && self.ripe().is_none()
    }

    /// Notes that a job has ended.
    pub(super) fn end(&mut self, ran: &Ran) {
        self.running -= 1;
        if ran.ending.is_none() {
            self.held.remove(&ran.id);
        }
    }

    /// Returns how many jobs count against the limit. Suspects do not while they wait, so that they hold up no others.
    fn count(&self) -> usize {
        self.running + self.waiting.len()
    }

    /// Returns whether a job waits only for room.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.ripe().is_some()
    }

    /// Marks all jobs that have not begun to be put back.
    pub(super) fn give_back(&mut self) {
        self.give_waiting_back();
        let suspects = self.suspects.drain(..).map(|(_, job)| job.id);
        self.back
            .extend(suspects.inspect(|id| self.held.remove(id)));
    }

    /// Marks the jobs that wait only for room to be put back.
    fn give_waiting_back(&mut self) {
        let waiting = self.waiting.drain(..).map(|job| job.id);
        self.back.extend(waiting.inspect(|id| self.held.remove(id)));
        while let Some((_, job)) = self.ripe().and_then(|place| self.suspects.remove(place)) {
            self.held.remove(&job.id);
            self.back.push(job.id);
        }
    }
}

/// The guard of a running job. Its destructor sends how the job ended, even if our code panics.
struct Place {
    ended: mpsc::UnboundedSender<Ran>,
    ran: Option<Ran>,
}

impl Place {
    fn new(ended: mpsc::UnboundedSender<Ran>, job: &Fetched) -> Self {
        let ran = Some(Ran::broken(job.id.clone(), job.fence.clone()));
        Self { ended, ran }
    }

    fn end(mut self, ran: Ran) {
        self.ran = Some(ran);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(ran) = self.ran.take() {
            let _ = self.ended.send(ran);
        }
    }
}

/// How long a job may wait here for a running one to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
