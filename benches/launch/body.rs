//! What every peer runs: a body that does next to nothing, and leaves a trace of having run.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

/// The body. `number` is [`PLAIN`], [`PLUG`], or the time on our clock at which the launch began.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a body owns its arguments and drops them where it runs"
)]
// The same code whoever calls it, and one copy of it where a thousand functions do.
#[inline(never)]
pub(crate) fn work(text: String, number: u64) {
    match number {
        PLAIN => {}
        PLUG => wait_at_gate(),
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

/// The second argument of a launch that keeps its worker until the gate opens.
pub(crate) const PLUG: u64 = u64::MAX;

/// Bytes of text that bodies have received. Written by workers.
static RUN: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Bytes of text made for launches. Written only between measurements, so that reading it costs a body nothing.
static OWED: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// When the last body that was owed ran; 0 until it has said so.
static FINISHED: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// From the launch to the body, of the latest launch that carried its time; 0 if none did since it was taken.
static LATENCY: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Nanoseconds since the first call; never 0.
pub(crate) fn now() -> u64 {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(ORIGIN.elapsed().as_nanos()).map_or(PLUG - 1, |elapsed| elapsed + 1)
}

/// Texts to launch with. Each is owed from now on: [`has_run_all`] is false until a body has received it.
pub(crate) fn owed_texts(count: usize) -> Vec<String> {
    let texts = texts(count);
    owe(&texts);
    texts
}

/// Texts that are owed only when [`owe`] says so.
pub(crate) fn texts(count: usize) -> Vec<String> {
    (0..count).map(|_| TEXT.to_owned()).collect()
}

/// Says that these are about to be launched.
pub(crate) fn owe(texts: &[String]) {
    FINISHED.store(0, Ordering::Relaxed);
    OWED.fetch_add((texts.len() * TEXT.len()) as u64, Ordering::Relaxed);
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

/// When the last owed body ran, on our clock. To be called when all have run.
pub(crate) fn finished_at() -> u64 {
    loop {
        match FINISHED.load(Ordering::Acquire) {
            // It has been counted, and is about to say when.
            0 => thread::yield_now(),
            finished => return finished,
        }
    }
}

/// The latency of the latest launch that carried its time, once.
pub(crate) fn take_latency() -> Option<Duration> {
    let latency = LATENCY.swap(0, Ordering::Relaxed);
    (latency > 0).then(|| Duration::from_nanos(latency))
}

static GATE: Mutex<bool> = Mutex::new(true);
static OPENED: Condvar = Condvar::new();
static AT_GATE: AtomicUsize = AtomicUsize::new(0);

fn wait_at_gate() {
    let is_open = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    AT_GATE.fetch_add(1, Ordering::Release);
    drop(OPENED.wait_while(is_open, |is_open| !*is_open));
    AT_GATE.fetch_sub(1, Ordering::Release);
}

/// Shuts the gate (false) or opens it.
pub(crate) fn set_gate(is_open: bool) {
    *GATE.lock().unwrap_or_else(PoisonError::into_inner) = is_open;
    OPENED.notify_all();
}

/// How many workers wait at the gate.
pub(crate) fn at_gate() -> usize {
    AT_GATE.load(Ordering::Acquire)
}
