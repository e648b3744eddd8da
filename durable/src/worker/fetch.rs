//! The loop of one worker: fetches jobs of its queue, begins them, and passes their outcomes on.
//!
//! A fetch whose answer is lost may have given this worker jobs that it does not know of; they would wait for as long as
//! its heart beats, since no other worker may take them. Such a *doubt* is settled before the next fetch: the store takes
//! back all jobs of this worker that it does not know to have (`release_others`), and once more later, in case the lost
//! statement was slow.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use fire_and_forget::durable::{self, Hold};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use ulid::Ulid;

use super::hands::{Hands, PATIENCE};
use super::heart::{self, Heart};
use super::held::Held;
use super::outcome::Ending;
use super::pace::Pace;
use super::run::Ran;
use super::{Shared, outcome, until_written};
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
        // Not during a fetch, which may bring a job back that is being released: if the answer to the release is lost, the
        // release is repeated, and would release the new fetch.
        if fetching.is_none() && !hands.back.is_empty() {
            release(&shared, &worker, std::mem::take(&mut hands.back)).await;
        }
        if hands.held.take_doubt() {
            doubt.raise();
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
                        notice(format_args!("the workers have stopped: the tokio runtime in which `open` was called has ended"));
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
                    // Fewer jobs than asked for means that no more are due, unless a wake-up has come during the fetch.
                    if jobs.len() < asked && !std::mem::take(&mut is_woken) {
                        next_look = Instant::now() + shared.poll_interval;
                    }
                    hands.take(jobs);
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_away, true) {
                        notice(format_args!("jobs cannot be fetched from {}: {}", shared.name, describe(&error)));
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
            // A beat may have put back jobs of dead workers, and an older process may run more suspects.
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

/// Puts waiting jobs back at once, and waits for running ones. The heart beats until the last outcome is written.
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
        take_back(shared, worker, &hands).await;
    }
    while hands.running > 0 {
        let Some(ran) = ends.recv().await else { break };
        hands.end(&ran);
        send(&outcomes, ran.ending);
    }
    drop(outcomes);
    let _ = written.await;
    if hands.held.take_doubt() {
        take_back(shared, worker, &hands).await;
    }
    drop(heart);
    // On an error, the worker's row stays, and is pruned later.
    let _ = shared.store.deregister(worker).await;
    drop(hold);
}

/// Puts back the jobs that this worker has without knowing it. If that fails, they go to other workers when this one is dead.
async fn take_back(shared: &Shared, worker: &str, hands: &Hands) {
    let known = hands.held.ids();
    let _ = shared.store.release_others(worker, &known).await;
}

/// Passes an outcome to the writer; `None` means that another worker has the job.
fn send(outcomes: &mpsc::UnboundedSender<Ending>, ending: Option<Ending>) {
    if let Some(ending) = ending {
        let _ = outcomes.send(ending);
    }
}

/// Puts jobs back that have not begun.
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

/// The doubt whether the store has given this worker jobs that it does not know of.
///
/// Contains when to have them taken back, and whether that is the last time; `None` without a doubt.
#[derive(Default)]
struct Doubt(Option<(Instant, bool)>);

impl Doubt {
    fn raise(&mut self) {
        self.0 = Some((Instant::now(), false));
    }

    fn is_due(&self) -> bool {
        self.0.is_some_and(|(from, _)| Instant::now() >= from)
    }

    /// Notes that the store has taken them back. It is asked once more later, in case the lost statement was slow.
    fn settle(&mut self, heartbeat: Duration) {
        self.0 = match self.0 {
            Some((_, false)) => Some((Instant::now() + heartbeat * heart::DEAD_BEATS, true)),
            _ => None,
        };
    }
}

/// A fetch under way. It runs in a task of its own, because a fetch that is dropped half-way may have taken jobs.
struct Fetching {
    task: JoinHandle<Result<Vec<Fetched>>>,
    asked: usize,
    /// Whether it settles a doubt first.
    settles: bool,
}

impl Fetching {
    /// Starts a fetch; `None` if there is no room and no doubt.
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

    /// Waits for the fetch, and sets `fetching` to `None`. Cancel safe.
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

const AWAY_PAUSE: Duration = Duration::from_millis(500);
