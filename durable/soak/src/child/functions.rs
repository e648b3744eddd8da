//! What is launched: bodies that are quick or slow, and end well, at their second attempt, or never.

use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};

use crate::log_line;

/// One run of a body, in the log of its process.
struct Run {
    number: u64,
    attempt: u32,
}

impl Run {
    fn begin(number: u64) -> Self {
        let job = durable::job().expect("a body runs in a job");
        let attempt = job.attempt();
        log_line!("begin {number} {attempt} {}", job.function());
        Self { number, attempt }
    }

    /// A few milliseconds; one in fifty takes long.
    fn time(&self) -> Duration {
        let random = self.number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        Duration::from_millis(if random.is_multiple_of(50) {
            400 + random % 600
        } else {
            2 + random % 38
        })
    }

    fn end(self, how: &str) {
        log_line!("end {} {} {how}", self.number, self.attempt);
    }
}

#[fire_and_forget(backend = "durable", name = "steady")]
pub(super) async fn steady(number: u64) {
    let run = Run::begin(number);
    tokio::time::sleep(run.time()).await;
    run.end("ok");
}

#[fire_and_forget(backend = "durable", name = "blocking", queue = "blocking")]
pub(super) fn blocking(number: u64) {
    let run = Run::begin(number);
    std::thread::sleep(run.time());
    run.end("ok");
}

/// Launched in transactions alone.
#[fire_and_forget(backend = "durable", name = "ordered")]
pub(super) async fn ordered(number: u64) {
    let run = Run::begin(number);
    tokio::time::sleep(run.time()).await;
    run.end("ok");
}

#[fire_and_forget(backend = "durable", name = "flaky")]
pub(super) async fn flaky(number: u64) -> Result<(), String> {
    let run = Run::begin(number);
    tokio::time::sleep(run.time()).await;
    if run.attempt == 1 {
        run.end("failed");
        return Err(format!("{number} fails once"));
    }
    run.end("ok");
    Ok(())
}

#[fire_and_forget(backend = "durable", name = "panicky", queue = "blocking")]
pub(super) fn panicky(number: u64) {
    let run = Run::begin(number);
    std::thread::sleep(run.time());
    if run.attempt == 1 {
        run.end("panicked");
        panic!("{DELIBERATE}: {number} panics once");
    }
    run.end("ok");
}

#[fire_and_forget(backend = "durable", name = "hopeless", attempts = 2)]
pub(super) async fn hopeless(number: u64) -> Result<(), String> {
    let run = Run::begin(number);
    tokio::time::sleep(run.time()).await;
    run.end("failed");
    Err(format!("{number} always fails"))
}

/// The name of the function that [`any`] launches with this number.
pub(crate) fn function_of(number: u64) -> &'static str {
    match number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40 & 0xff {
        0..100 => "steady",
        100..180 => "blocking",
        180..210 => "flaky",
        210..240 => "panicky",
        _ => "hopeless",
    }
}

/// Launches one of those that are launched anywhere.
pub(super) fn any(number: u64) {
    match function_of(number) {
        "steady" => steady(number),
        "blocking" => blocking(number),
        "flaky" => flaky(number),
        "panicky" => panicky(number),
        _ => hopeless(number),
    }
}

/// With this, the texts of panics begin that are part of the load.
pub(super) const DELIBERATE: &str = "deliberate";
