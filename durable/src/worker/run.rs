//! Runs one job that its worker has fetched, and decides what becomes of it: done, put back with a pause, or dead.
//!
//! Reading the arguments and running the body are the user's code, and happen on the runtime of bodies (`Body::perform`);
//! the rest, on the store's thread, reads only the envelope. A failed job is put back until it has failed `attempts` times.
//! A suspect, whose worker died, has that death written to its envelope before it begins, and is dead after three. A job
//! that cannot be read is put back three times, since a deployment may bring the code; one whose function is missing is put
//! back without a limit.

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

/// The result of running a job.
pub(super) struct Ran {
    /// The id of the job.
    pub(super) id: String,
    /// What to write; `None` if another worker has the job.
    pub(super) ending: Option<Ending>,
    /// How long its body ran.
    pub(super) took: Option<Duration>,
    /// Whether the runtime of bodies has gone away, so that no more bodies can run.
    pub(super) is_stranded: bool,
}

impl Ran {
    /// The result of a job at which this crate has panicked: the job is put back.
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

/// Runs a job that this worker has fetched; a suspect with the permit to run alone among suspects.
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

/// A job that this worker has, without its envelope.
struct Run<'a> {
    shared: &'a Shared,
    worker: &'a str,
    queue: &'a str,
    id: String,
    fence: String,
    returns: Returns,
}

/// What becomes of a job, and the report to make when that is written.
type Ended = (Outcome, Option<Tell>);

impl Run<'_> {
    /// Returns the envelope of a job that may begin.
    ///
    /// Fails with what becomes of a job that may not, or with `None` if another worker has it.
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

    /// Runs the body, and returns what becomes of the job.
    async fn perform(&self, envelope: Envelope, ran: &mut Ran) -> Ended {
        let (report, reported) = oneshot::channel();
        let body = Body::new(self.queue, &self.id, &envelope);
        let task = self
            .shared
            .bodies
            .spawn(body.perform(self.shared.clock.clone(), report));
        // Waits for the report and not for the task: the body of a `fn` runs on a blocking thread, after the task.
        if let Ok((performed, took)) = reported.await {
            ran.took = took;
            return self.outcome(envelope, performed);
        }
        match task.await {
            // The panic comes from the user's code that reads an argument; a panic of a body is caught.
            Err(error) if error.is_panic() => {
                // The payload is the user's, too, and so is its destructor.
                self.shared.endings.run(|| drop(error));
                self.undecodable(&envelope, "reading its arguments panicked")
            }
            _ => {
                ran.is_stranded = true;
                let why = "the runtime of its body has ended";
                let job = Some(envelope.to_json());
                let outcome = self.put_back(why, Duration::ZERO, Returns::default(), job);
                (outcome, None)
            }
        }
    }

    /// Reads the envelope. Fails with what becomes of a row that has none.
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
                    "the job {id} of the queue `{queue}` is given up: its row cannot be read"
                ));
            };
            Box::new(tell) as Tell
        });
        Err(Box::new((outcome, tell)))
    }

    /// Writes the death of a suspect's worker to its envelope.
    ///
    /// Fails with what becomes of the job if that was one death too many, or with `None` if another worker has the job.
    async fn suspect(&self, envelope: &mut Envelope) -> Result<(), Option<Box<Ended>>> {
        envelope.deaths = envelope.deaths.saturating_add(1);
        if envelope.deaths >= MOST_DEATHS {
            let why = format!("its process died {} times while it ran", envelope.deaths);
            let outcome = self.dead(&why, Some(envelope.to_json()));
            let tell = self.give_up(envelope, why);
            return Err(Some(Box::new((outcome, Some(tell)))));
        }
        // Written before the body begins, because this process may not live to write it afterwards.
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

    /// Returns what becomes of a job that was performed.
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
            // Another version of the program may have the function. The job is put back with growing pauses, without a limit.
            Performed::Unknown => {
                if self.returns.absent == 0 {
                    notice(format_args!(
                        "the job {} of the queue `{}` is put back: this program has no function `{}`",
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

    /// Returns what becomes of a job whose arguments the function does not take.
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

    /// Puts a job back that cannot be read, since a deployment may bring the code for it; gives it up after [`MOST_RETURNS`].
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

    /// Makes the report of a job that is given up, for when the store knows. A shutdown waits for it.
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

/// The part of a job that goes to the runtime of bodies.
struct Body {
    queue: String,
    id: String,
    function: String,
    arguments: String,
    /// The number of this attempt, from 1 on.
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

    /// Reads the arguments, runs the body and reports. Called on the runtime of bodies, because all of this is the user's code.
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

/// How far a job has come, and how long its body took. If its sender is dropped, the runtime of bodies has gone away, or
/// the task has panicked.
type Reported = (Performed, Option<Duration>);

/// How far a job has come on the runtime of bodies.
enum Performed {
    /// The body has ended.
    Ended(Verdict),
    /// The program has no such function.
    Unknown,
    /// The function does not take the arguments.
    Undecodable(String),
}

/// Runs a body with a timeout. The timer runs on the store's runtime, because that of bodies may have no timers.
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

/// How often a job was put back because it could not be run. Kept in the column `last_result`.
#[derive(Clone, Copy, Default)]
struct Returns {
    /// Returns because it could not be read; limited by [`MOST_RETURNS`].
    unreadable: u32,
    /// Returns because the program lacked its function; not limited, since another program may have it.
    absent: u32,
}

impl Returns {
    /// Reads what [`error`] has written.
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

/// Writes the column `last_result`: an error as apalis writes it, with the counters of [`Returns`].
fn error(why: &str, returns: Returns) -> String {
    // Postgres takes no NUL in JSON.
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

/// Returns the pause after so many failures: 1, 2, 4 … s, at most an hour, and up to a quarter more at random, so that jobs
/// that failed together are not tried together.
fn backoff(times: u32) -> Duration {
    let base =
        Duration::from_secs(1 << times.saturating_sub(1).min(12)).min(Duration::from_hours(1));
    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    let random = RandomState::new().hash_one(times) as f64 / u64::MAX as f64;
    base.mul_f64(1.0 + random / 4.0)
}

/// The number of deaths of its process after which a job is dead.
const MOST_DEATHS: u32 = 3;

/// The number of times that a job is put back which cannot be read.
const MOST_RETURNS: u32 = 3;

/// The longest pause of a job whose function this program lacks: a worker of a new version should get it soon.
const MOST_ABSENCE: Duration = Duration::from_secs(30);

/// The number of bytes of an error that are stored.
const MOST_WORDS: usize = 4096;
