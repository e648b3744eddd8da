//! The loop of one queue: fetches jobs, begins them, and hands their outcomes on.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fire_and_forget::durable::{self, Hold};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use ulid::Ulid;

use super::heart::{self, Heart};
use super::outcome::Ending;
use super::run::{self, Ran};
use super::{Shared, outcome, until_written};
use crate::envelope::Envelope;
use crate::errors::describe;
use crate::notice::notice;
use crate::store::{Fetched, MAX_ROWS, Result, Store};

/// Works on a queue until a shutdown begins; returns when every outcome is written.
pub(super) async fn work(
    shared: Arc<Shared>,
    queue: String,
    mut numbers: watch::Receiver<usize>,
    hold: Hold,
) {
    let worker = format!("{}-{}", std::process::id(), Ulid::generate());
    let mut heart = Heart::start(shared.clone(), worker.clone(), queue.clone());
    let mine = Held::default();
    let (outcomes, written) =
        outcome::start(shared.clone(), worker.clone(), queue.clone(), mine.clone());
    let (ended, mut ends) = mpsc::unbounded_channel();
    let mut hands = Hands::new(shared.clone(), &worker, &queue, mine, ended);
    let wake = shared.wakes.of(&queue);
    let mut pace = Pace::default();
    let mut fetching: Option<Fetching> = None;
    let mut next_look = Instant::now();
    let (mut is_away, mut is_woken) = (false, false);
    let mut doubt = Doubt::default();
    let mut stopping = pin!(durable::stopping());
    loop {
        let limit = *numbers.borrow_and_update();
        let room = hands.tend(limit, heart.is_fresh(), &mut pace);
        // Not beside a fetch, which may bring one of them again: where the answer to its release was lost, it is released twice.
        if fetching.is_none() && !hands.back.is_empty() {
            release(&shared, &worker, std::mem::take(&mut hands.back)).await;
        }
        if fetching.is_none() && Instant::now() >= next_look {
            let suspects = usize::from(hands.may_suspect(limit));
            fetching = Fetching::start(&hands, room, suspects, &doubt);
        }
        let is_looking = fetching.is_some();
        tokio::select! {
            biased;
            () = &mut stopping => break,
            Some(ran) = ends.recv() => {
                let mut next = Some(ran);
                while let Some(ran) = next {
                    pace.note(ran.took);
                    if ran.is_stranded {
                        notice(format_args!("nothing is worked on any more: the tokio runtime that `open` was called in has ended"));
                        hands.running -= 1;
                        send(&outcomes, ran.ending);
                        return stop(&shared, &worker, hands, ends, fetching, doubt.0.is_some(), outcomes, written, heart, hold).await;
                    }
                    hands.end(&ran);
                    send(&outcomes, ran.ending);
                    next = ends.try_recv().ok();
                }
            }
            (fetched, asked, is_settled) = Fetching::end(&mut fetching), if is_looking => match fetched {
                Ok(jobs) => {
                    is_away = false;
                    if is_settled {
                        doubt.settle(shared.heartbeat);
                    }
                    // Fewer than it asked for: there are no more for now, unless some came while the store was looking.
                    if jobs.len() < asked && !std::mem::take(&mut is_woken) {
                        next_look = Instant::now() + shared.poll_interval;
                    }
                    hands.take(jobs);
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_away, true) {
                        notice(format_args!("nothing can be fetched from {}: {}", shared.name, describe(&error)));
                    }
                    doubt.raise();
                    next_look = Instant::now() + shared.poll_interval.max(AWAY_PAUSE);
                }
            },
            () = sleep_until(hands.begun + PATIENCE), if hands.has_waiting() => {}
            () = wake.notified() => (is_woken, next_look) = (is_looking, Instant::now()),
            () = sleep_until(next_look), if !is_looking && room > 0 => {}
            changed = numbers.changed() => {
                if changed.is_err() {
                    break;
                }
            }
            // Dead workers have been looked for, and this process is older.
            () = heart.beat() => (is_woken, next_look) = (is_looking, Instant::now()),
        }
    }
    stop(
        &shared,
        &worker,
        hands,
        ends,
        fetching,
        doubt.0.is_some(),
        outcomes,
        written,
        heart,
        hold,
    )
    .await;
}

/// What waits goes back at once, what runs ends, and the heart beats until its outcome is written.
#[expect(
    clippy::too_many_arguments,
    reason = "it is the end of `work`, which owns all of it"
)]
async fn stop(
    shared: &Shared,
    worker: &str,
    mut hands: Hands,
    mut ends: mpsc::UnboundedReceiver<Ran>,
    fetching: Option<Fetching>,
    is_in_doubt: bool,
    outcomes: mpsc::UnboundedSender<Ending>,
    written: JoinHandle<()>,
    heart: Heart,
    hold: Hold,
) {
    hands.give_back();
    let mut back = std::mem::take(&mut hands.back);
    let mut is_in_doubt = is_in_doubt;
    if let Some(fetching) = fetching {
        if let Ok(Ok(jobs)) = fetching.task.await {
            back.extend(jobs.into_iter().map(|job| job.id));
        } else {
            is_in_doubt = true;
        }
    }
    release(shared, worker, back).await;
    if is_in_doubt {
        // What is left of it goes to others when this worker is dead.
        let known = hands.held.ids();
        let _ = shared.store.release_others(worker, &known).await;
    }
    while hands.running > 0 {
        let Some(ran) = ends.recv().await else { break };
        hands.end(&ran);
        send(&outcomes, ran.ending);
    }
    drop(outcomes);
    let _ = written.await;
    drop(heart);
    // A row that stays is pruned later.
    let _ = shared.store.deregister(worker).await;
    drop(hold);
}

/// None: another worker has it.
fn send(outcomes: &mpsc::UnboundedSender<Ending>, ending: Option<Ending>) {
    if let Some(ending) = ending {
        let _ = outcomes.send(ending);
    }
}

async fn release(shared: &Shared, worker: &str, ids: Vec<String>) {
    for ids in ids.chunks(MAX_ROWS) {
        let result = until_written(shared, "jobs that go back", || {
            shared.store.release(worker, ids)
        })
        .await;
        if let Err(error) = result {
            notice(format_args!(
                "{} jobs cannot be put back: {}",
                ids.len(),
                describe(&error)
            ));
        }
    }
}

/// The jobs that this worker has.
struct Hands {
    shared: Arc<Shared>,
    worker: Arc<str>,
    queue: Arc<str>,
    held: Held,
    /// Fetched and not begun.
    waiting: VecDeque<Fetched>,
    /// Those whose worker has died, and how often it did before: one of this process runs at a time.
    suspects: VecDeque<(u32, Fetched)>,
    /// The ids of what is to be put back.
    back: Vec<String>,
    /// When one was begun last.
    begun: Instant,
    running: usize,
    ended: mpsc::UnboundedSender<Ran>,
}

impl Hands {
    fn new(
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

    fn take(&mut self, jobs: Vec<Fetched>) {
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
    fn tend(&mut self, limit: usize, is_fresh: bool, pace: &mut Pace) -> usize {
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
    fn may_suspect(&self, limit: usize) -> bool {
        self.is_of_age(0)
            && self.shared.suspects.available_permits() > 0
            && self.suspects.len() < limit
            && self.ripe().is_none()
    }

    fn end(&mut self, ran: &Ran) {
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
    fn has_waiting(&self) -> bool {
        !self.waiting.is_empty() || self.ripe().is_some()
    }

    /// What has not begun is to be put back.
    fn give_back(&mut self) {
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

/// The jobs that this worker knows to have, from their fetch until their outcome is written.
///
/// Each with how often: one that was put back may be fetched again before the end of its last time is noted here.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<String, u32>>>);

impl Held {
    fn add(&self, id: &str) {
        *self.all().entry(id.into()).or_default() += 1;
    }

    pub(super) fn remove(&self, id: &str) {
        let mut all = self.all();
        if let Some(times) = all.get_mut(id) {
            *times -= 1;
            if *times == 0 {
                all.remove(id);
            }
        }
    }

    fn ids(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch has failed, and the store may have given this worker jobs all the same, in an answer that was lost.
///
/// When the store is to take them back; and whether that is the last time.
#[derive(Default)]
struct Doubt(Option<(Instant, bool)>);

impl Doubt {
    fn raise(&mut self) {
        self.0 = Some((Instant::now(), false));
    }

    fn is_due(&self) -> bool {
        self.0.is_some_and(|(from, _)| Instant::now() >= from)
    }

    /// The store has taken them back; once more, for what it was slow with.
    fn settle(&mut self, heartbeat: Duration) {
        self.0 = match self.0 {
            Some((_, false)) => Some((Instant::now() + heartbeat * heart::DEAD_BEATS, true)),
            _ => None,
        };
    }
}

/// A fetch under way, in a task of its own: one that is dropped half-way may have taken jobs that nobody would know of.
struct Fetching {
    task: JoinHandle<Result<Vec<Fetched>>>,
    asked: usize,
    /// Before, the store takes back what this worker does not know to have.
    settles: bool,
}

impl Fetching {
    /// None if there is nothing to ask for.
    fn start(hands: &Hands, asked: usize, suspects: usize, doubt: &Doubt) -> Option<Self> {
        let known = doubt.is_due().then(|| hands.held.ids());
        if asked == 0 && known.is_none() {
            return None;
        }
        let store = hands.shared.store.clone();
        let (worker, queue) = (hands.worker.clone(), hands.queue.clone());
        Some(Self {
            settles: known.is_some(),
            task: tokio::spawn(async move {
                if let Some(known) = known {
                    store.release_others(&worker, &known).await?;
                }
                fetch(&store, &worker, &queue, asked, suspects).await
            }),
            asked,
        })
    }

    /// Waits for it, and clears the place where it was. Cancel safe.
    async fn end(fetching: &mut Option<Self>) -> (Result<Vec<Fetched>>, usize, bool) {
        let Some(under_way) = fetching else {
            return pending().await;
        };
        let fetched = (&mut under_way.task).await;
        let (asked, settles) = (under_way.asked, under_way.settles);
        *fetching = None;
        let fetched = fetched.unwrap_or(Err(sqlx::Error::WorkerCrashed));
        (fetched, asked, settles)
    }
}

async fn fetch(
    store: &Store,
    worker: &str,
    queue: &str,
    asked: usize,
    suspects: usize,
) -> Result<Vec<Fetched>> {
    if asked == 0 {
        return Ok(Vec::new());
    }
    if store.asks_first() && !store.is_due(queue).await? {
        return Ok(Vec::new());
    }
    store.fetch(worker, queue, asked, suspects).await
}

/// How fast bodies are, for how many jobs to fetch before there is room for them.
#[derive(Default)]
struct Pace {
    /// An average that forgets.
    secs: Option<f64>,
}

impl Pace {
    fn note(&mut self, took: Option<Duration>) {
        if let Some(took) = took {
            let took = took.as_secs_f64();
            self.secs = Some(self.secs.map_or(took, |secs| secs + (took - secs) / 16.0));
        }
    }

    /// Bodies that have not ended yet take at least this long.
    fn slow_down(&mut self) {
        self.secs = Some(self.secs.unwrap_or(0.0).max(PATIENCE.as_secs_f64()));
    }

    /// As many as end within a moment: a job that waits behind a long one could run elsewhere.
    fn ahead(&self, limit: usize) -> usize {
        let Some(secs) = self.secs else {
            return 0;
        };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "a rough number, cut off below"
        )]
        let ahead = (limit as f64 * AHEAD.as_secs_f64() / secs.max(1e-9)) as usize;
        ahead.min(MAX_ROWS)
    }
}

const AHEAD: Duration = Duration::from_millis(50);
/// So long a job may wait here for one that runs.
const PATIENCE: Duration = Duration::from_secs(1);

const AWAY_PAUSE: Duration = Duration::from_millis(500);
