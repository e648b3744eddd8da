//! The jobs in the hands of one worker: which wait, which may begin, and which go back.

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
    /// Fetched and not begun.
    waiting: VecDeque<Fetched>,
    /// Those whose worker has died, and how often it did before: one of this process runs at a time.
    suspects: VecDeque<(u32, Fetched)>,
    /// The ids of what is to be put back.
    pub(super) back: Vec<String>,
    /// When one was begun last.
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

    pub(super) fn take(&mut self, jobs: Vec<Fetched>) {
        if self.waiting.is_empty() {
            // From now on they wait.
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

    /// Begins what may begin, and keeps nothing that could run elsewhere; returns how many more there is room for.
    pub(super) fn tend(&mut self, limit: usize, is_fresh: bool, pace: &mut Pace) -> usize {
        if !is_fresh {
            // They may be somebody else's by now.
            self.give_back();
            return 0;
        }
        self.begin(limit);
        let ahead = pace.ahead(limit);
        let room = (limit + ahead).saturating_sub(self.count());
        if self.begun.elapsed() >= PATIENCE && self.has_waiting() {
            // Bodies take longer than they did: somebody else may have room for what waits here.
            pace.slow_down();
            self.give_waiting_back();
        }
        // Half of what may wait: few large fetches rather than many small ones.
        if room <= ahead / 2 { 0 } else { room }
    }

    /// Begins what may run beside what runs already.
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

    /// One that may run now, and its permit. Where another queue has the permit, it goes back: it could run elsewhere.
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

    /// The place of a suspect that may run in a process of this age: see [`Self::is_of_age`].
    fn ripe(&self) -> Option<usize> {
        let is_ripe = |(deaths, _): &(u32, Fetched)| self.is_of_age(*deaths);
        self.suspects.iter().position(is_ripe)
    }

    /// Has this process lived longer than others took to notice the death of the last one?
    ///
    /// Processes that are killed again and again from outside do not get so far, and nothing is blamed on the jobs that they ran.
    fn is_of_age(&self, deaths: u32) -> bool {
        let beats = heart::DEAD_BEATS << deaths.min(4);
        self.shared.born.elapsed() >= self.shared.heartbeat * beats
    }

    /// Is there anybody to run one more suspect? What waits here could run in another process.
    pub(super) fn may_suspect(&self, limit: usize) -> bool {
        self.is_of_age(0)
            && self.shared.suspects.available_permits() > 0
            && self.suspects.len() < limit
            && self.ripe().is_none()
    }

    pub(super) fn end(&mut self, ran: &Ran) {
        self.running -= 1;
        if ran.ending.is_none() {
            self.held.remove(&ran.id);
        }
    }

    /// How many count against the limit: suspects that are not ripe hold nobody up.
    fn count(&self) -> usize {
        self.running + self.waiting.len()
    }

    /// Does any wait for room alone?
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.ripe().is_some()
    }

    /// What has not begun is to be put back.
    pub(super) fn give_back(&mut self) {
        self.give_waiting_back();
        let suspects = self.suspects.drain(..).map(|(_, job)| job.id);
        self.back
            .extend(suspects.inspect(|id| self.held.remove(id)));
    }

    /// What waits for room alone is to be put back.
    fn give_waiting_back(&mut self) {
        let waiting = self.waiting.drain(..).map(|job| job.id);
        self.back.extend(waiting.inspect(|id| self.held.remove(id)));
        while let Some((_, job)) = self.ripe().and_then(|place| self.suspects.remove(place)) {
            self.held.remove(&job.id);
            self.back.push(job.id);
        }
    }
}

/// The place of a job that runs. Dropped, it says how the job ended: also where it was left by a panic.
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

/// So long a job may wait here for one that runs.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
