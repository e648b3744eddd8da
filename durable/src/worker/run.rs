//! What becomes of one job.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Execution, Performance, Stored, Verdict};
use tokio::runtime::Handle;
use tokio::sync::{SemaphorePermit, oneshot};

use super::{Shared, until_written};
use crate::envelope::Envelope;
use crate::notice::notice;
use crate::store::{End, Fetched, MAX_BYTES, Outcome};

/// What a job came to.
pub(super) struct Ran {
    /// Whose.
    pub(super) id: String,
    /// None: another worker has it.
    pub(super) outcome: Option<Outcome>,
    /// How long its body ran.
    pub(super) took: Option<Duration>,
    /// The runtime of its body has gone away: nothing more can run.
    pub(super) is_stranded: bool,
    /// It ran alone among those whose worker has died.
    pub(super) is_suspect: bool,
}

/// Runs a job that this worker has fetched.
pub(super) async fn run(
    shared: Arc<Shared>,
    worker: Arc<str>,
    queue: Arc<str>,
    job: Fetched,
) -> Ran {
    let mut ran = Ran {
        id: job.id.clone(),
        outcome: None,
        took: None,
        is_stranded: false,
        is_suspect: job.interruptions > 0,
    };
    let run = Run {
        shared: &shared,
        worker: &worker,
        queue: &queue,
        id: job.id,
        returns: returns(job.last_result.as_deref()),
    };
    let mut envelope = match run.read(job.job) {
        Ok(envelope) => envelope,
        Err(outcome) => {
            ran.outcome = Some(outcome);
            return ran;
        }
    };
    let mut alone = None;
    if ran.is_suspect {
        match run.suspect(&mut envelope).await {
            Ok(permit) => alone = permit,
            Err(outcome) => {
                ran.outcome = outcome;
                return ran;
            }
        }
    }
    let (took, has_taken) = oneshot::channel();
    let body = Body::new(run.queue, &run.id, &envelope);
    let task = shared
        .bodies
        .spawn(body.perform(shared.clock.clone(), took));
    let performed = task.await;
    ran.took = has_taken.await.ok();
    drop(alone);
    ran.is_stranded = performed.as_ref().is_err_and(|error| !error.is_panic());
    ran.outcome = Some(match performed {
        Ok(performed) => run.outcome(envelope, performed),
        // The user's way to read an argument has panicked: a body's panic is caught.
        Err(error) if error.is_panic() => {
            run.undecodable(&envelope, "reading its arguments panicked")
        }
        Err(_) => run.put_back(
            "the runtime of its body went away",
            Duration::ZERO,
            0,
            Some(envelope.to_json()),
        ),
    });
    ran
}

/// A job that this worker has, and what may be said of it.
struct Run<'a> {
    shared: &'a Shared,
    worker: &'a str,
    queue: &'a str,
    id: String,
    /// How often it was put back because it could not be run.
    returns: u32,
}

impl Run<'_> {
    /// Reads the envelope; or says what becomes of a row that is none.
    fn read(&self, job: Option<Vec<u8>>) -> Result<Envelope, Outcome> {
        let outcome = match job {
            Some(job) => match Envelope::read(&job) {
                Ok(envelope) => return Ok(envelope),
                Err(why) => self.put_back_or_bury(why),
            },
            None => self.dead(&format!("it is larger than {MAX_BYTES} bytes"), None),
        };
        if matches!(outcome.end, End::Dead) {
            notice(format_args!(
                "the job {} of the queue `{}` is given up, as a row that nobody can read",
                self.id, self.queue
            ));
        }
        Err(outcome)
    }

    /// A job whose worker has died is noted, and runs alone among its like; or it has died too often. None: another worker has it.
    async fn suspect(
        &self,
        envelope: &mut Envelope,
    ) -> Result<Option<SemaphorePermit<'_>>, Option<Outcome>> {
        let alone = self.shared.suspects.acquire().await.ok();
        envelope.deaths = envelope.deaths.saturating_add(1);
        if envelope.deaths >= MOST_DEATHS {
            let why = format!("its process died {} times while it ran", envelope.deaths);
            self.give_up(envelope, &why);
            return Err(Some(self.dead(&why, Some(envelope.to_json()))));
        }
        // Before it begins: nobody could say it afterwards.
        let job = envelope.to_json();
        let noted = until_written(self.shared, "notes", || {
            self.shared.store.note(self.worker, &self.id, &job)
        });
        if noted.await.unwrap_or(false) {
            Ok(alone)
        } else {
            Err(None)
        }
    }

    fn outcome(&self, mut envelope: Envelope, performed: Performed) -> Outcome {
        match performed {
            Performed::Ended(Verdict::Done) => Outcome {
                id: self.id.clone(),
                end: End::Done,
                result: r#"{"Ok":null}"#.into(),
                job: None,
            },
            Performed::Ended(Verdict::Failed(why)) => {
                envelope.tries = envelope.tries.saturating_add(1);
                let job = Some(envelope.to_json());
                if envelope.tries >= envelope.attempts {
                    self.give_up(&envelope, &why);
                    self.dead(&why, job)
                } else {
                    self.put_back(&why, backoff(envelope.tries), 0, job)
                }
            }
            // A worker of another version may have it, and this one has to look again now and then.
            Performed::Unknown => {
                if self.returns == 0 {
                    notice(format_args!(
                        "the job {} of the queue `{}` is put back: there is no function `{}` here",
                        self.id, self.queue, envelope.function
                    ));
                }
                let pause = backoff(self.returns.saturating_add(1)).min(MOST_ABSENCE);
                self.put_back(
                    "a program has no such function",
                    pause,
                    self.returns.saturating_add(1),
                    None,
                )
            }
            Performed::Undecodable(why) => self.undecodable(&envelope, &why),
        }
    }

    fn undecodable(&self, envelope: &Envelope, why: &str) -> Outcome {
        let outcome = self.put_back_or_bury(why);
        if matches!(outcome.end, End::Dead) {
            self.give_up(envelope, why);
        } else if self.returns == 0 {
            notice(format_args!(
                "a job of `{}` is put back: {why}",
                envelope.function
            ));
        }
        outcome
    }

    /// What cannot be read: a deployment may bring the code that can.
    fn put_back_or_bury(&self, why: &str) -> Outcome {
        if self.returns >= MOST_RETURNS {
            self.dead(why, None)
        } else {
            self.put_back(
                why,
                backoff(self.returns.saturating_add(1)),
                self.returns.saturating_add(1),
                None,
            )
        }
    }

    fn put_back(&self, why: &str, pause: Duration, returns: u32, job: Option<Vec<u8>>) -> Outcome {
        Outcome {
            id: self.id.clone(),
            end: End::PutBack(pause),
            result: error(why, returns),
            job,
        }
    }

    fn dead(&self, why: &str, job: Option<Vec<u8>>) -> Outcome {
        Outcome {
            id: self.id.clone(),
            end: End::Dead,
            result: error(why, 0),
            job,
        }
    }

    /// Reports it where bodies run: an observer is code of the user's.
    fn give_up(&self, envelope: &Envelope, why: &str) {
        let mut body = Body::new(self.queue, &self.id, envelope);
        body.number = envelope.tries.max(1);
        let why = why.to_owned();
        let hold = durable::Hold::new();
        self.shared.bodies.spawn_blocking(move || {
            body.stored().give_up(&why);
            drop(hold);
        });
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

    /// Reads the arguments and runs the body: code of the user's, none of which runs where the store does.
    async fn perform(self, clock: Handle, took: oneshot::Sender<Duration>) -> Performed {
        let execution = match durable::perform(self.stored()) {
            None => return Performed::Unknown,
            Some(Err(error)) => return Performed::Undecodable(error.to_string()),
            Some(Ok(execution)) => execution,
        };
        let begun = Instant::now();
        let verdict = match execution {
            Execution::Async(performance) => match performance.timeout() {
                None => performance.await,
                Some(timeout) => in_time(performance, timeout, &clock).await,
            },
            Execution::Blocking(performance) => {
                let blocking = tokio::task::spawn_blocking(move || performance.block());
                match blocking.await {
                    Ok(verdict) => verdict,
                    Err(error) if error.is_panic() => Verdict::Failed("panicked".into()),
                    // The runtime goes away, and with it this task.
                    Err(_) => std::future::pending().await,
                }
            }
        };
        let _ = took.send(begun.elapsed());
        Performed::Ended(verdict)
    }
}

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

/// For the column `last_result`, as apalis writes it, with how often the job was put back because it could not be run.
fn error(why: &str, returns: u32) -> String {
    // Postgres has no NUL in JSON.
    let mut why = why.replace('\0', "\u{fffd}");
    if why.len() > MOST_WORDS {
        why.truncate(why.floor_char_boundary(MOST_WORDS));
        why.push('…');
    }
    let mut result = serde_json::json!({ "Err": why });
    if returns > 0 {
        result["returns"] = returns.into();
    }
    result.to_string()
}

/// What [`error`] has written of it before.
fn returns(last_result: Option<&str>) -> u32 {
    let value: Option<serde_json::Value> =
        last_result.and_then(|text| serde_json::from_str(text).ok());
    let returns = value.and_then(|value| value.get("returns")?.as_u64());
    returns
        .and_then(|returns| u32::try_from(returns).ok())
        .unwrap_or(0)
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
