//! What becomes of one job.

use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Execution, Performance, Stored, Verdict};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Shared, until_written};
use crate::envelope::Envelope;
use crate::notice::notice;
use crate::store::{End, Fetched, MAX_BYTES, Outcome};

/// What a job came to.
pub(super) struct Ran {
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
    let Fetched {
        id,
        job,
        interruptions,
        last_result,
    } = job;
    let is_suspect = interruptions > 0;
    let returns = returns(last_result.as_deref());
    let finished = |outcome| Ran {
        outcome: Some(outcome),
        took: None,
        is_stranded: false,
        is_suspect,
    };
    let Some(job) = job else {
        let why = format!("it is larger than {MAX_BYTES} bytes");
        notice(format_args!(
            "the job {id} of the queue `{queue}` is given up: {why}"
        ));
        return finished(dead(id, &why, None));
    };
    let mut envelope = match Envelope::read(&job) {
        Ok(envelope) => envelope,
        Err(why) => {
            let outcome = put_back_or_bury(id, why, returns);
            if matches!(outcome.end, End::Dead) {
                notice(format_args!(
                    "the job {} of the queue `{queue}` is given up: {why}",
                    outcome.id
                ));
            }
            return finished(outcome);
        }
    };
    let alone = if is_suspect {
        let alone = shared.suspects.acquire().await.ok();
        envelope.deaths += 1;
        if envelope.deaths >= MOST_DEATHS {
            let why = format!("its process died {} times while it ran", envelope.deaths);
            give_up(&shared, &queue, &id, &envelope, envelope.tries.max(1), &why);
            return finished(dead(id, &why, Some(envelope.to_json())));
        }
        // Before it begins: nobody could say it afterwards.
        let job = envelope.to_json();
        let noted = until_written(&shared, "notes", || shared.store.note(&worker, &id, &job)).await;
        if !noted.unwrap_or(false) {
            return Ran {
                outcome: None,
                took: None,
                is_stranded: false,
                is_suspect,
            };
        }
        alone
    } else {
        None
    };
    let (body, ran) = oneshot::channel();
    let attempt = Attempt::new(&queue, &id, &envelope);
    let task = shared
        .bodies
        .spawn(perform(attempt, shared.clock.clone(), body));
    let result = task.await;
    let took = ran.await.ok();
    drop(alone);
    let end = match result {
        Ok(end) => end,
        // The user's way to read an argument has panicked: a body's panic is caught.
        Err(error) if error.is_panic() => {
            Performed::Undecodable("reading its arguments panicked".into())
        }
        Err(_) => {
            return Ran {
                outcome: Some(put_back(
                    id,
                    "the runtime of its body went away",
                    Duration::ZERO,
                    0,
                    Some(envelope.to_json()),
                )),
                took,
                is_stranded: true,
                is_suspect,
            };
        }
    };
    let outcome = match end {
        Performed::Ended(Verdict::Done) => Outcome {
            id,
            end: End::Done,
            result: r#"{"Ok":null}"#.into(),
            job: None,
        },
        Performed::Ended(Verdict::Failed(why)) => {
            envelope.tries += 1;
            let job = Some(envelope.to_json());
            if envelope.tries >= envelope.attempts {
                give_up(&shared, &queue, &id, &envelope, envelope.tries, &why);
                dead(id, &why, job)
            } else {
                put_back(id, &why, backoff(envelope.tries), 0, job)
            }
        }
        // A worker of another version may have it, and this one has to look again now and then.
        Performed::Unknown => {
            let why = "this program has no such function";
            if returns == 0 {
                notice(format_args!(
                    "the job {id} of the queue `{queue}` is put back: there is no function `{}` here",
                    envelope.function
                ));
            }
            put_back(
                id,
                why,
                backoff(returns + 1).min(MOST_ABSENCE),
                returns + 1,
                None,
            )
        }
        Performed::Undecodable(why) => {
            let outcome = put_back_or_bury(id, &why, returns);
            if matches!(outcome.end, End::Dead) {
                give_up(
                    &shared,
                    &queue,
                    &outcome.id,
                    &envelope,
                    envelope.tries.max(1),
                    &why,
                );
            } else if returns == 0 {
                notice(format_args!(
                    "a job of `{}` is put back: {why}",
                    envelope.function
                ));
            }
            outcome
        }
    };
    Ran {
        outcome: Some(outcome),
        took,
        is_stranded: false,
        is_suspect,
    }
}

/// What the runtime of bodies needs of a job.
struct Attempt {
    queue: String,
    id: String,
    function: String,
    arguments: String,
    attempt: u32,
    attempts: u32,
    file: String,
    line: u32,
    launched_on: std::time::SystemTime,
}

impl Attempt {
    fn new(queue: &str, id: &str, envelope: &Envelope) -> Self {
        Self {
            queue: queue.into(),
            id: id.into(),
            function: envelope.function.clone(),
            arguments: envelope.arguments().into(),
            attempt: envelope.tries.saturating_add(1),
            attempts: envelope.attempts,
            file: envelope.file.clone(),
            line: envelope.line,
            launched_on: envelope.launched_on,
        }
    }

    fn stored(&self) -> Stored<'_> {
        Stored {
            function: &self.function,
            id: &self.id,
            queue: &self.queue,
            attempt: self.attempt,
            attempts: self.attempts,
            arguments: self.arguments.as_bytes(),
            file: &self.file,
            line: self.line,
            launched_on: self.launched_on,
        }
    }
}

/// How far a job has come on the runtime of bodies.
enum Performed {
    Ended(Verdict),
    Unknown,
    Undecodable(String),
}

/// Reads the arguments and runs the body: code of the user's, none of which runs where the store does.
async fn perform(attempt: Attempt, clock: Handle, took: oneshot::Sender<Duration>) -> Performed {
    let execution = match durable::perform(attempt.stored()) {
        None => return Performed::Unknown,
        Some(Err(error)) => return Performed::Undecodable(error.to_string()),
        Some(Ok(execution)) => execution,
    };
    drop(attempt);
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

/// Reports it where bodies run: an observer is code of the user's.
fn give_up(shared: &Shared, queue: &str, id: &str, envelope: &Envelope, attempts: u32, why: &str) {
    let mut attempt = Attempt::new(queue, id, envelope);
    attempt.attempt = attempts;
    let why = why.to_owned();
    let hold = durable::Hold::new();
    shared.bodies.spawn_blocking(move || {
        let _hold = hold;
        let _ = std::panic::catch_unwind(AssertUnwindSafe(|| attempt.stored().give_up(&why)));
    });
}

fn dead(id: String, why: &str, job: Option<Vec<u8>>) -> Outcome {
    Outcome {
        id,
        end: End::Dead,
        result: error(why, 0),
        job,
    }
}

fn put_back(id: String, why: &str, pause: Duration, returns: u32, job: Option<Vec<u8>>) -> Outcome {
    Outcome {
        id,
        end: End::PutBack(pause),
        result: error(why, returns),
        job,
    }
}

/// What cannot be read: a deployment may bring the code that can.
fn put_back_or_bury(id: String, why: &str, returns: u32) -> Outcome {
    if returns >= MOST_RETURNS {
        dead(id, why, None)
    } else {
        put_back(id, why, backoff(returns + 1), returns + 1, None)
    }
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
        Duration::from_secs(1 << times.saturating_sub(1).min(12)).min(Duration::from_secs(3600));
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
