//! What is recorded of launches: as much as the ledger says, and nothing that harms a launch.

use std::collections::{BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fire_and_forget::{Pool, Threads, fire_and_forget, meters};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, set_global_recorder,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use waiting::PATIENCE;
use waiting::backends::{FORGETFUL, FULL};

/// Records what comes, panics at what function `fussy` has to say, and launches at what `recursive` has.
struct Fussy(DebuggingRecorder);

impl Fussy {
    fn look_at(key: &Key) {
        assert!(key.labels().all(|label| label.value() != "fussy"), "fussy");
        let is_recursive = key.labels().any(|label| label.value() == "recursive");
        let fewer = |left: u64| left.checked_sub(1);
        if is_recursive && LEFT.fetch_update(SeqCst, SeqCst, fewer).is_ok() {
            recursive();
        }
    }
}

/// Launches on a full pool when a body begins there, and when it has ended.
struct Crowds;

impl HistogramFn for Crowds {
    fn record(&self, _: f64) {
        if CROWDS_LEFT
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            crowded();
        }
    }
}

/// Panics at what it is to count or measure, and when it is dropped.
struct Stubborn;

impl Stubborn {
    fn is_meant(key: &Key) -> bool {
        key.labels().any(|label| label.value() == "stubborn")
    }

    fn panic() -> ! {
        resume_unwind(Box::new("without a word from the hook"))
    }
}

impl CounterFn for Stubborn {
    fn increment(&self, _: u64) {
        Self::panic();
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Stubborn {
    fn increment(&self, _: f64) {
        Self::panic();
    }

    fn decrement(&self, _: f64) {
        Self::panic();
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Stubborn {
    fn record(&self, _: f64) {
        Self::panic();
    }
}

impl Drop for Stubborn {
    fn drop(&mut self) {
        Self::panic();
    }
}

#[fire_and_forget(name = "stubborn", backend = POOL)]
fn stubborn() {}

static CROWDS_LEFT: AtomicU64 = AtomicU64::new(1000);

/// Its queue has room for one launch, whose slot is the next one's.
static ONE: Pool = Pool::new("one").threads(1).queue(1);

#[fire_and_forget(name = "crowded", backend = ONE)]
fn crowded() {}

impl Recorder for Fussy {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.describe_counter(key, unit, text);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.describe_gauge(key, unit, text);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.0.describe_histogram(key, unit, text);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        Self::look_at(key);
        if Stubborn::is_meant(key) {
            return Counter::from_arc(Arc::new(Stubborn));
        }
        self.0.register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        Self::look_at(key);
        if Stubborn::is_meant(key) {
            return Gauge::from_arc(Arc::new(Stubborn));
        }
        self.0.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        Self::look_at(key);
        if key.labels().any(|label| label.value() == "crowded") {
            return Histogram::from_arc(Arc::new(Crowds));
        }
        if Stubborn::is_meant(key) {
            return Histogram::from_arc(Arc::new(Stubborn));
        }
        self.0.register_histogram(key, metadata)
    }
}

/// The recorder of this process. A snapshot takes the values out, so each test looks at its own functions once.
fn recorded() -> &'static Snapshotter {
    static RECORDED: OnceLock<Snapshotter> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        assert!(set_global_recorder(Fussy(recorder)).is_ok());
        meters::describe();
        snapshotter
    })
}

static POOL: Pool = Pool::new("measured").threads(1);
static THREADS: Threads = Threads::new("each");

#[fire_and_forget(name = "on a pool", backend = POOL)]
fn on_a_pool(even: bool) -> Result<(), &'static str> {
    even.then_some(()).ok_or("odd")
}

#[fire_and_forget(name = "on a thread", backend = THREADS)]
fn on_a_thread(odd: bool) {
    assert!(!odd, "odd");
}

#[fire_and_forget(name = "as a task")]
async fn as_a_task(even: bool) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    even.then_some(()).ok_or("odd")
}

#[fire_and_forget(name = "forgotten", backend = FORGETFUL)]
fn forgotten() {}

#[fire_and_forget(name = "refused", backend = FULL)]
fn refused() {}

struct Mail;
struct Letter;

impl Mail {
    #[fire_and_forget]
    fn send(self) {}
}

impl Letter {
    #[fire_and_forget]
    fn send(self) {}
}

#[fire_and_forget(name = "of one name")]
fn one() {}

#[fire_and_forget(name = "of one name")]
fn other() {}

#[fire_and_forget(name = "fussy", backend = POOL)]
fn fussy() {}

#[fire_and_forget(name = "recursive", backend = POOL, on_full = "block")]
fn recursive() {}

#[fire_and_forget(name = "chosen", backend = if is_first { &POOL } else { &ONE }, on_full = "block")]
fn chosen(is_first: bool) {}

/// How often the recorder launches.
static LEFT: AtomicU64 = AtomicU64::new(MANY);
const MANY: u64 = 20_000;

/// The recorder launches at what it is told of these launches, and would call itself at once.
fn launch_from_the_recorder() {
    recursive();
    while LEFT.load(SeqCst) > 0 {
        POOL.flush(PATIENCE).wait().expect("all end");
        recursive();
    }
    POOL.flush(PATIENCE).wait().expect("all end");
    let ledger = fire_and_forget::ledger();
    let counts = ledger.get("recursive").expect("it was launched").counts();
    assert!(counts.launched > MANY);
    assert_eq!(counts.launched, counts.ok);
}

/// Pitfall 21: a slot is free before code of the user's runs.
fn launch_from_the_recorder_where_there_is_one_slot() {
    while CROWDS_LEFT.load(SeqCst) > 0 {
        crowded();
        ONE.flush(PATIENCE).wait().expect("all end");
    }
    let ledger = fire_and_forget::ledger();
    let counts = ledger.get("crowded").expect("it was launched").counts();
    assert!(counts.launched > 1000);
    assert_eq!(counts.launched, counts.ok + counts.refused);
}

/// A function has the counters of each of its backends, and one row.
fn check_the_chosen(mut counters: Vec<(String, DebugValue)>) {
    counters.sort_by(|(one, _), (other, _)| one.cmp(other));
    let expected = [("measured", 3), ("one", 7)];
    let expected = expected.map(|(name, count)| (name.to_owned(), DebugValue::Counter(count)));
    assert_eq!(counters, expected);
    let ledger = fire_and_forget::ledger();
    let counts = ledger.get("chosen").expect("it was launched").counts();
    assert_eq!(counts.ok, 10);
}

fn launch_functions_of_one_name() {
    Mail.send();
    Letter.send();
    one();
    other();
}

/// Each function has a series, with the place where it is written.
fn check_places(places: &HashMap<String, BTreeSet<String>>) {
    let ledger = fire_and_forget::ledger();
    for (function, count) in [
        ("metrics::Mail::send", 1),
        ("metrics::Letter::send", 1),
        ("of one name", 2),
    ] {
        let entries = ledger.get_all(function);
        let defined_at: BTreeSet<_> = entries.map(|it| it.defined_at().to_string()).collect();
        assert_eq!(places[function], defined_at);
        assert_eq!(defined_at.len(), count, "{function}");
    }
}

fn launch_each() {
    for number in 0..10 {
        on_a_pool(number % 2 == 0);
        on_a_thread(number % 5 == 0);
        as_a_task(number % 3 == 0);
        forgotten();
        refused();
        fussy();
        stubborn();
        chosen(number < 3);
    }
}

#[test]
fn the_recorder_and_the_ledger_agree_and_a_recorder_that_panics_or_launches_harms_no_launch() {
    let recorded = recorded();
    launch_from_the_recorder();
    launch_from_the_recorder_where_there_is_one_slot();
    launch_each();
    launch_functions_of_one_name();
    fire_and_forget::flush(PATIENCE).wait().expect("all end");

    let mut places: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut values: HashMap<(String, String, String), DebugValue> = HashMap::new();
    let mut chosen = Vec::new();
    for (key, unit, _, value) in recorded.snapshot().into_vec() {
        let label = |name: &str| {
            let found = key.key().labels().find(|label| label.key() == name);
            found.map_or(String::new(), |label| label.value().to_owned())
        };
        let name = key.key().name().to_owned();
        let expected = if name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        assert_eq!(unit, Some(expected), "{name}");
        let places = places.entry(label("function")).or_default();
        places.insert(label("defined_at"));
        if name == meters::LAUNCHED && label("function") == "chosen" {
            chosen.push((label("backend"), value));
            continue;
        }
        values.insert((name, label("function"), label("class")), value);
    }
    let value = |name: &str, function: &str, class: &str| {
        values.get(&(name.to_owned(), function.to_owned(), class.to_owned()))
    };
    let counter = |name: &str, function: &str, class: &str| match value(name, function, class) {
        Some(DebugValue::Counter(count)) => *count,
        None => 0,
        other => panic!("{name} is {other:?}"),
    };
    let times = |name: &str, function: &str| match value(name, function, "") {
        Some(DebugValue::Histogram(times)) => times.iter().map(|time| time.0).collect(),
        None => Vec::new(),
        other => panic!("{name} is {other:?}"),
    };

    check_the_chosen(chosen);
    let ledger = fire_and_forget::ledger();
    for function in [
        "on a pool",
        "on a thread",
        "as a task",
        "forgotten",
        "refused",
    ] {
        let counts = ledger.get(function).expect("it was launched").counts();
        assert_eq!(counts.launched, 10);
        assert_eq!(counter(meters::LAUNCHED, function, ""), counts.launched);
        for (class, count) in [
            ("ok", counts.ok),
            ("failed", counts.failed),
            ("panicked", counts.panicked),
            ("lost", counts.lost),
            ("refused", counts.refused),
        ] {
            assert_eq!(
                counter(meters::ENDED, function, class),
                count,
                "{function}, {class}"
            );
        }
        let in_flight = value(meters::IN_FLIGHT, function, "");
        assert_eq!(
            in_flight,
            Some(&DebugValue::Gauge(0.0.into())),
            "{function}"
        );
        let ran = counts.ok + counts.failed + counts.panicked;
        for histogram in [meters::QUEUE_WAIT, meters::RUN] {
            let times: Vec<f64> = times(histogram, function);
            assert_eq!(times.len() as u64, ran, "{function}, {histogram}");
            let longest = PATIENCE + Duration::from_secs(1);
            assert!(
                times
                    .iter()
                    .all(|time| (0.0..longest.as_secs_f64()).contains(time))
            );
        }
    }
    check_places(&places);
    for function in ["fussy", "stubborn"] {
        let counts = ledger.get(function).expect("it was launched").counts();
        assert_eq!(counts.ok, 10);
    }
    assert_eq!(counter(meters::LAUNCHED, "fussy", ""), 0);
    // Of what the recorder launched itself, neither the beginning nor the end.
    let launched = counter(meters::LAUNCHED, "recursive", "");
    assert!(launched > 0);
    assert_eq!(counter(meters::ENDED, "recursive", "ok"), launched);
    let in_flight = value(meters::IN_FLIGHT, "recursive", "");
    assert_eq!(in_flight, Some(&DebugValue::Gauge(0.0.into())));
}
