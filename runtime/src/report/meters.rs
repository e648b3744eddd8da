//! Metrics of each launch, for any exporter (feature `metrics`).
//!
//! The numbers go to the recorder of the [`metrics`] crate that the process has installed; without one, nowhere. A
//! process that is scraped by Prometheus, for example, installs the recorder of `metrics-exporter-prometheus` and has
//! nothing else to do: the [guide](crate::guide::metrics) shows it, with queries and alerts.
//!
//! | name | kind | labels | what |
//! |---|---|---|---|
//! | [`fire_and_forget_launched_total`](LAUNCHED) | counter | `function`, `backend`, `defined_at` | launches |
//! | [`fire_and_forget_ended_total`](ENDED) | counter | `function`, `backend`, `defined_at`, `class` | launches that have ended, by class: `ok`, `failed`, `panicked`, `lost`, `refused` |
//! | [`fire_and_forget_in_flight`](IN_FLIGHT) | gauge | `function`, `backend`, `defined_at` | launches that have not ended |
//! | [`fire_and_forget_queue_wait_seconds`](QUEUE_WAIT) | histogram | `function`, `backend`, `defined_at` | from the launch until its body began |
//! | [`fire_and_forget_run_seconds`](RUN) | histogram | `function`, `backend`, `defined_at` | from the beginning of the body until its end |
//!
//! `function` is the name that reports show, `backend` that of the backend, and `defined_at` the place where the function is
//! written, as `src/mail.rs:12:8`: two functions of one name are two series, and a function whose backend is an expression has one
//! for each name that its backends have. The line changes when the code above it does, so dashboards and alerts do best to sum over
//! it: `sum without (defined_at) (…)`, or `sum by (function) (…)`. The counters are those of the
//! [`ledger`](crate::ledger()): once everything is quiet, they are equal, if the recorder was installed before the first
//! launch.
//!
//! A recorder that is set for a thread alone (`metrics::with_local_recorder`) gets what happens on that thread: of a launch, for
//! example, its beginning and not its end.
//!
//! The recorder is called in the caller of a launch and in the thread that runs the body. What panics in it is caught. What
//! it launches itself is in the ledger alone.
//!
//! Three readings of the clock and six updates per launch are the price of the feature; only with it does a launch read
//! the clock. In the queues, it takes 8 of the 96 bytes that arguments have without an allocation.
//!
//! # Examples
//!
//! ```
//! use metrics_util::debugging::DebuggingRecorder;
//! use fire_and_forget::fire_and_forget;
//!
//! let recorder = DebuggingRecorder::new();
//! let snapshotter = recorder.snapshotter();
//! recorder.install()?;
//! fire_and_forget::meters::describe();
//!
//! #[fire_and_forget(name = "welcome")]
//! fn welcome(to: String) {
//!     println!("welcome, {to}");
//! }
//!
//! welcome("ada@example.com".into());
//! fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
//!
//! let names: Vec<String> = snapshotter
//!     .snapshot()
//!     .into_vec()
//!     .into_iter()
//!     .map(|(key, ..)| key.key().name().to_owned())
//!     .collect();
//! assert!(names.iter().any(|name| name == fire_and_forget::meters::LAUNCHED));
//! assert!(names.iter().any(|name| name == fire_and_forget::meters::RUN));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use ::metrics::{
    Gauge, Key, Label, Level, Metadata, Recorder, Unit, describe_counter, describe_gauge,
    describe_histogram, with_recorder,
};

use crate::account::class::Class;
use crate::account::site::Site;
use crate::thread::unwind;

/// The counter of launches.
pub const LAUNCHED: &str = "fire_and_forget_launched_total";
/// The counter of launches that have ended, by class.
pub const ENDED: &str = "fire_and_forget_ended_total";
/// The gauge of launches that have not ended.
pub const IN_FLIGHT: &str = "fire_and_forget_in_flight";
/// The histogram of the time between launch and body, in seconds.
pub const QUEUE_WAIT: &str = "fire_and_forget_queue_wait_seconds";
/// The histogram of the time that bodies take, in seconds.
pub const RUN: &str = "fire_and_forget_run_seconds";

/// Tells the recorder what each metric is and in which unit; to be called once, when the recorder is installed.
///
/// Exporters that show a text for each metric have none otherwise.
pub fn describe() {
    describe_counter!(LAUNCHED, Unit::Count, "Launches.");
    describe_counter!(ENDED, Unit::Count, "Launches that have ended, by class.");
    describe_gauge!(IN_FLIGHT, Unit::Count, "Launches that have not ended.");
    describe_histogram!(
        QUEUE_WAIT,
        Unit::Seconds,
        "From the launch until its body began."
    );
    describe_histogram!(
        RUN,
        Unit::Seconds,
        "From the beginning of the body until its end."
    );
}

/// A time, in nanoseconds since the first launch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(u64);

impl Time {
    pub(crate) const UNKNOWN: Self = Self(0);

    pub(crate) fn now() -> Self {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        Self(u64::try_from(ORIGIN.elapsed().as_nanos()).map_or(u64::MAX, |nanos| nanos.max(1)))
    }

    pub(crate) fn is_known(self) -> bool {
        self.0 != Self::UNKNOWN.0
    }

    fn until(self, later: Self) -> Duration {
        Duration::from_nanos(later.0.saturating_sub(self.0))
    }
}

/// Returns whether this thread is inside the recorder. A launch made there is not recorded, neither its beginning nor
/// its end: the recorder would call itself.
pub(crate) fn is_recording() -> bool {
    RECORDING.get()
}

/// Records that a launch began.
pub(crate) fn launched(site: &'static Site) {
    record(|recorder| {
        let labels = site.labels();
        count(recorder, LAUNCHED, labels.each());
        change(recorder, IN_FLIGHT, labels.each(), |gauge| {
            gauge.increment(1.0);
        });
    });
}

/// Records that the body of a launch began.
pub(crate) fn began(site: &'static Site, launched: Time, now: Time) {
    record(|recorder| {
        let labels = site.labels();
        measure(recorder, QUEUE_WAIT, labels.each(), launched.until(now));
    });
}

/// Records that a launch ended, and when its body began, if it did.
pub(crate) fn ended(site: &'static Site, class: Class, began: Option<Time>) {
    record(|recorder| {
        let labels = site.labels();
        if let Some(began) = began {
            measure(recorder, RUN, labels.each(), began.until(Time::now()));
        }
        count(recorder, ENDED, labels.with(class));
        change(recorder, IN_FLIGHT, labels.each(), |gauge| {
            gauge.decrement(1.0);
        });
    });
}

fn count(recorder: &dyn Recorder, name: &'static str, labels: &'static [Label]) {
    update(
        || recorder.register_counter(&Key::from_static_labels(name, labels), &METADATA),
        |counter| counter.increment(1),
    );
}

fn change(
    recorder: &dyn Recorder,
    name: &'static str,
    labels: &'static [Label],
    change: impl FnOnce(&Gauge),
) {
    update(
        || recorder.register_gauge(&Key::from_static_labels(name, labels), &METADATA),
        change,
    );
}

fn measure(recorder: &dyn Recorder, name: &'static str, labels: &'static [Label], time: Duration) {
    update(
        || recorder.register_histogram(&Key::from_static_labels(name, labels), &METADATA),
        |histogram| histogram.record(time.as_secs_f64()),
    );
}

/// Updates one metric. Each step, the drop of the recorder's handle included, is caught by itself: two panics in one
/// unwinding would abort the process.
fn update<T>(register: impl FnOnce() -> T, update: impl FnOnce(&T)) {
    if let Ok(metric) = unwind::catch(register) {
        let _ = unwind::catch(|| update(&metric));
        let _ = unwind::catch(|| drop(metric));
    }
}

/// Calls the recorder. Its panic is caught, so that no launch fails because of it.
fn record(record: impl FnOnce(&dyn Recorder)) {
    // The recorder may run a launch in place, so an end may be recorded while it is called.
    let is_nested = RECORDING.replace(true);
    if !is_nested {
        let _ = unwind::catch(|| with_recorder(record));
    }
    RECORDING.set(is_nested);
}

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
}

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
