//! What becomes of one job.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Execution, Performance, Stored, Verdict};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::outcome::{Ending, Tell};
use super::{Shared, until_written};
use crate::envelope::Envelope;
use crate::notice::notice;
use crate::store::{End, Fetched, MAX_BYTES, Outcome};

/// What a job came to.
pub(super) struct Ran {
    /// Whose.
    pub(super) id: String,
    /// None: another worker has it.
    pub(super) ending: Option<Ending>,
    /// How long its body ran.
    pub(super) took: Option<Duration>,
    /// The runtime of its body has gone away: nothing more can run.
    pub(super) is_stranded: bool,
}

impl Ran {
    /// This crate failed at it: it goes back, and its place is free.
    pub(super) fn broken(id: String, fence: String) -> Self {
        let outcome = Outcome {
            id: id.clone(),
            end: End::PutBack(MOST_ABSENCE),
            result: error("its worker failed", Returns::default()),
            job: None,
            fence,
        };
        Self {
            id,
            ending: Some(Ending {
                outcome,
                tell: None,
                alone: None,
            }),
            took: None,
            is_stranded: false,
        }
    }
}

/// Runs a job that this worker has fetched. One whose worker has died comes with the permit to run alone among its like.
pub(super) async fn run(
    shared: Arc<Shared>,
    worker: Arc<str>,
    queue: Arc<str>,
    job: Fetched,
    alone: Option<OwnedSemaphorePermit>,
) -> Ran {
    let mut ran = Ran {
        id: job.id.clone(),
        ending: None,
        took: None,
        is_stranded: false,
    };
    let run = Run {
        shared: &shared,
        worker: &worker,
        queue: &queue,
        id: job.id,
        fence: job.fence,
        returns: Returns::read(job.last_result.as_deref()),
    };
    let ended = match run.prepare(job.job, alone.is_some()).await {
        Ok(envelope) => Some(run.perform(envelope, &mut ran).await),
        Err(ended) => ended.map(|ended| *ended),
    };
    ran.ending = ended.map(|(outcome, tell)| Ending {
        outcome,
        tell,
        alone,
    });
    ran
}

/// A job that this worker has, and what may be said of it.
struct Run<'a> {
    shared: &'a Shared,
    worker: &'a str,
    queue: &'a str,
    id: String,
    fence: String,
    returns: Returns,
}

/// What becomes of a job, and what is told of it when that is written.
type Ended = (Outcome, Option<Tell>);

impl Run<'_> {
    /// The envelope of a job that may begin; or what becomes of one that may not. None: another worker has it.
    async fn prepare(
        &self,
        job: Option<Vec<u8>>,
        is_suspect: bool,
    ) -> Result<Envelope, Option<Box<Ended>>> {
        let mut envelope = self.read(job).map_err(Some)?;
        if is_suspect {
            self.suspect(&mut envelope).await?;
        }
        Ok(envelope)
    }

    /// Has the body run, and says what becomes of the job.
    async fn perform(&self, envelope: Envelope, ran: &mut Ran) -> Ended {
        let (report, reported) = oneshot::channel();
        let body = Body::new(self.queue, &self.id, &envelope);
        let task = self
            .shared
            .bodies
            .spawn(body.perform(self.shared.clock.clone(), report));
        // Not the task: the body of a `fn` goes on when its runtime goes away.
        if let Ok((performed, took)) = reported.await {
            ran.took = took;
            return self.outcome(envelope, performed);
        }
        match task.await {
            // The user's way to read an argument has panicked: a body's panic is caught.
            Err(error) if error.is_panic() => {
                // What it panicked with is the user's, too.
                self.shared.endings.run(|| drop(error));
                self.undecodable(&envelope, "reading its arguments panicked")
            }
            _ => {
                ran.is_stranded = true;
                let why = "the runtime of its body went away";
                let job = Some(envelope.to_json());
                let outcome = self.put_back(why, Duration::ZERO, Returns::default(), job);
                (outcome, None)
            }
        }
    }

    /// Reads the envelope; or says what becomes of a row that is none.
    fn read(&self, job: Option<Vec<u8>>) -> Result<Envelope, Box<Ended>> {
        let outcome = match job {
            Some(job) => match Envelope::read(&job) {
                Ok(envelope) => return Ok(envelope),
                Err(why) => self.put_back_or_bury(why),
            },
            None => self.dead(&format!("it is larger than {MAX_BYTES} bytes"), None),
        };
        let tell = matches!(outcome.end, End::Dead).then(|| {
            let (id, queue) = (self.id.clone(), self.queue.to_owned());
            let tell = move || {
                notice(format_args!(
                    "the job {id} of the queue `{queue}` is given up, as a row that nobody can read"
                ));
            };
            Box::new(tell) as Tell
        });
        Err(Box::new((outcome, tell)))
    }

    /// Notes that the worker of a job has died; or that has happened too often. None: another worker has it.
    async fn suspect(&self, envelope: &mut Envelope) -> Result<(), Option<Box<Ended>>> {
        envelope.deaths = envelope.deaths.saturating_add(1);
        if envelope.deaths >= MOST_DEATHS {
            let why = format!("its process died {} times while it ran", envelope.deaths);
            let outcome = self.dead(&why, Some(envelope.to_json()));
            let tell = self.give_up(envelope, why);
            return Err(Some(Box::new((outcome, Some(tell)))));
        }
        // Before it begins: nobody could say it afterwards.
        let job = envelope.to_json();
        let noted = until_written(self.shared, "notes", || {
            self.shared.store.note(self.worker, &self.id, &job)
        });
        if noted.await.unwrap_or(false) {
            Ok(())
        } else {
            Err(None)
        }
    }

    fn outcome(&self, mut envelope: Envelope, performed: Performed) -> Ended {
        match performed {
            Performed::Ended(Verdict::Done) => {
                let done = Outcome {
                    id: self.id.clone(),
                    end: End::Done,
                    result: r#"{"Ok":null}"#.into(),
                    job: None,
                    fence: self.fence.clone(),
                };
                (done, None)
            }
            Performed::Ended(Verdict::Failed(why)) => {
                envelope.tries = envelope.tries.saturating_add(1);
                let job = Some(envelope.to_json());
                if envelope.tries >= envelope.attempts {
                    let outcome = self.dead(&why, job);
                    (outcome, Some(self.give_up(&envelope, why)))
                } else {
                    let pause = backoff(envelope.tries);
                    (self.put_back(&why, pause, Returns::default(), job), None)
                }
            }
            // A worker of another version may have it, and this one has to look again now and then.
            Performed::Unknown => {
                if self.returns.absent == 0 {
                    notice(format_args!(
                        "the job {} of the queue `{}` is put back: there is no function `{}` here",
                        self.id, self.queue, envelope.function
                    ));
                }
                let mut returns = self.returns;
                returns.absent = returns.absent.saturating_add(1);
                let pause = backoff(returns.absent).min(MOST_ABSENCE);
                let why = "a program has no such function";
                (self.put_back(why, pause, returns, None), None)
            }
            Performed::Undecodable(why) => self.undecodable(&envelope, &why),
        }
    }

    fn undecodable(&self, envelope: &Envelope, why: &str) -> Ended {
        let outcome = self.put_back_or_bury(why);
        let is_dead = matches!(outcome.end, End::Dead);
        if !is_dead && self.returns.unreadable == 0 {
            notice(format_args!(
                "a job of `{}` is put back: {why}",
                envelope.function
            ));
        }
        let tell = is_dead.then(|| self.give_up(envelope, why.into()));
        (outcome, tell)
    }

    /// What cannot be read: a deployment may bring the code that can.
    fn put_back_or_bury(&self, why: &str) -> Outcome {
        if self.returns.unreadable >= MOST_RETURNS {
            return self.dead(why, None);
        }
        let mut returns = self.returns;
        returns.unreadable += 1;
        self.put_back(why, backoff(returns.unreadable), returns, None)
    }

    fn put_back(
        &self,
        why: &str,
        pause: Duration,
        returns: Returns,
        job: Option<Vec<u8>>,
    ) -> Outcome {
        Outcome {
            id: self.id.clone(),
            end: End::PutBack(pause),
            result: error(why, returns),
            job,
            fence: self.fence.clone(),
        }
    }

    fn dead(&self, why: &str, job: Option<Vec<u8>>) -> Outcome {
        Outcome {
            id: self.id.clone(),
            end: End::Dead,
            result: error(why, Returns::default()),
            job,
            fence: self.fence.clone(),
        }
    }

    /// Reports it, when the store has it; a shutdown waits for that.
    fn give_up(&self, envelope: &Envelope, why: String) -> Tell {
        let mut body = Body::new(self.queue, &self.id, envelope);
        body.number = envelope.tries.max(1);
        let hold = durable::Hold::new();
        Box::new(move || {
            body.stored().give_up(&why);
            drop(hold);
        })
    }
}

/// What the runtime of bodies needs of a job.
struct Body {
    queue: String,
    id: String,
    function: String,
    arguments: String,
    /// Which attempt this is, from 1 on.
    number: u32,
    attempts: u32,
    file: String,
    line: u32,
    launched_in: Option<String>,
    launched_on: std::time::SystemTime,
}

impl Body {
    fn new(queue: &str, id: &str, envelope: &Envelope) -> Self {
        Self {
            queue: queue.into(),
            id: id.into(),
            function: envelope.function.clone(),
            arguments: envelope.arguments().into(),
            number: envelope.tries.saturating_add(1),
            attempts: envelope.attempts,
            file: envelope.file.clone(),
            line: envelope.line,
            launched_in: envelope.launched_in().map(str::to_owned),
            launched_on: envelope.launched_on,
        }
    }

    fn stored(&self) -> Stored<'_> {
        Stored {
            function: &self.function,
            id: &self.id,
            queue: &self.queue,
            attempt: self.number,
            attempts: self.attempts,
            arguments: self.arguments.as_bytes(),
            file: &self.file,
            line: self.line,
            launched_in: self.launched_in.as_deref(),
            launched_on: self.launched_on,
        }
    }

    /// Reads the arguments, runs the body and reports: code of the user's, none of which runs where the store does.
    async fn perform(self, clock: Handle, report: oneshot::Sender<Reported>) {
        let execution = match durable::perform(self.stored()) {
            Some(Ok(execution)) => execution,
            Some(Err(error)) => {
                let performed = Performed::Undecodable(error.to_string());
                let _ = report.send((performed, None));
                return;
            }
            None => {
                let _ = report.send((Performed::Unknown, None));
                return;
            }
        };
        let begun = Instant::now();
        let report = move |verdict| {
            let _ = report.send((Performed::Ended(verdict), Some(begun.elapsed())));
        };
        match execution {
            Execution::Async(mut performance) => report(match performance.timeout() {
                None => performance.await,
                Some(timeout) => in_time(performance, timeout, &clock).await,
            }),
            Execution::Blocking(performance) => {
                tokio::task::spawn_blocking(move || report(performance.block()));
            }
        }
    }
}

/// What is reported of a job that has been performed, and how long its body took. Where nothing comes, its runtime has gone away
/// before it could.
type Reported = (Performed, Option<Duration>);

/// How far a job has come on the runtime of bodies.
enum Performed {
    Ended(Verdict),
    Unknown,
    Undecodable(String),
}

/// The timer is the store's: the runtime of bodies may have none.
async fn in_time(mut performance: Performance, timeout: Duration, clock: &Handle) -> Verdict {
    let (late, is_late) = oneshot::channel();
    let timer = clock.spawn(async move {
        tokio::time::sleep(timeout).await;
        let _ = late.send(());
    });
    let verdict = tokio::select! {
        biased;
        verdict = &mut performance => verdict,
        Ok(()) = is_late => performance.time_out(timeout),
    };
    timer.abort();
    verdict
}

/// How often a job was put back because it could not be run, in the column `last_result`.
#[derive(Clone, Copy, Default)]
struct Returns {
    /// It could not be read: that many are too many some day.
    unreadable: u32,
    /// The program lacked its function, which another one may have.
    absent: u32,
}

impl Returns {
    /// What [`error`] has written of it before.
    fn read(last_result: Option<&str>) -> Self {
        let value: Option<serde_json::Value> =
            last_result.and_then(|text| serde_json::from_str(text).ok());
        let number = |name: &str| {
            let number = value.as_ref().and_then(|value| value.get(name)?.as_u64());
            number
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(0)
        };
        Self {
            unreadable: number("returns"),
            absent: number("absences"),
        }
    }
}

/// For the column `last_result`, as apalis writes it, with how often the job was put back because it could not be run.
fn error(why: &str, returns: Returns) -> String {
    // Postgres has no NUL in JSON.
    let mut why = why.replace('\0', "\u{fffd}");
    if why.len() > MOST_WORDS {
        why.truncate(why.floor_char_boundary(MOST_WORDS));
        why.push('…');
    }
    let mut result = serde_json::json!({ "Err": why });
    for (name, number) in [
        ("returns", returns.unreadable),
        ("absences", returns.absent),
    ] {
        if number > 0 {
            result[name] = number.into();
        }
    }
    result.to_string()
}

/// 1, 2, 4 … seconds, at most an hour, and up to a quarter more, so that what failed together is not tried together.
fn backoff(times: u32) -> Duration {
    let base =
        Duration::from_secs(1 << times.saturating_sub(1).min(12)).min(Duration::from_hours(1));
    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    let random = RandomState::new().hash_one(times) as f64 / u64::MAX as f64;
    base.mul_f64(1.0 + random / 4.0)
}

/// So often may the process of a job die while it runs.
const MOST_DEATHS: u32 = 3;

/// So often is a job put back that cannot be read.
const MOST_RETURNS: u32 = 3;

/// So long at most is a job out of sight whose function this program lacks: a new worker should have it soon.
const MOST_ABSENCE: Duration = Duration::from_secs(30);

/// So many bytes of an error are stored.
const MOST_WORDS: usize = 4096;
