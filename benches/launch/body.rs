//! What every peer runs: a body that does next to nothing, and leaves a trace of having run.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

/// The body. `number` is [`PLAIN`], or the time on our clock at which the launch began.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a body owns its arguments and drops them where it runs"
)]
pub(crate) fn work(text: String, number: u64) {
    match number {
        PLAIN => {}
        launched_at => LATENCY.store(now().saturating_sub(launched_at), Ordering::Relaxed),
    }
    let length = text.len() as u64;
    let run = RUN.fetch_add(length, Ordering::AcqRel) + length;
    if run == OWED.load(Ordering::Relaxed) {
        FINISHED.store(now(), Ordering::Release);
    }
}

/// The second argument of a launch that only counts.
pub(crate) const PLAIN: u64 = 0;

/// Bytes of text that bodies have received. Written by workers.
static RUN: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Bytes of text made for launches. Written only between measurements, so that reading it costs a body nothing.
static OWED: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// When the last body that was owed ran.
static FINISHED: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// From the launch to the body, of the latest launch that carried its time; 0 if none did since it was taken.
static LATENCY: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Nanoseconds since the first call; never 0.
pub(crate) fn now() -> u64 {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(ORIGIN.elapsed().as_nanos()).map_or(u64::MAX, |elapsed| elapsed + 1)
}

/// Texts to launch with. Each is owed from now on: [`has_run_all`] is false until a body has received it.
pub(crate) fn owed_texts(count: usize) -> Vec<String> {
    let texts = free_texts(count);
    OWED.fetch_add(count as u64 * TEXT.len() as u64, Ordering::Relaxed);
    texts
}

/// Texts for launches that are going to be refused.
pub(crate) fn free_texts(count: usize) -> Vec<String> {
    (0..count).map(|_| TEXT.to_owned()).collect()
}

const TEXT: &str = "ada.lovelace@example.com";

/// Whether a body has received every text that was made for one.
pub(crate) fn has_run_all() -> bool {
    RUN.load(Ordering::Acquire) == OWED.load(Ordering::Relaxed)
}

/// How many owed launches have not run.
pub(crate) fn missing() -> u64 {
    let run = RUN.load(Ordering::Acquire);
    OWED.load(Ordering::Relaxed).saturating_sub(run) / TEXT.len() as u64
}

/// When the last owed body ran, on our clock.
pub(crate) fn finished_at() -> u64 {
    FINISHED.load(Ordering::Acquire)
}

/// The latency of the latest launch that carried its time, once.
pub(crate) fn take_latency() -> Option<Duration> {
    let latency = LATENCY.swap(0, Ordering::Relaxed);
    (latency > 0).then(|| Duration::from_nanos(latency))
}
