//! The callbacks of a recorder, and of the metrics that it hands out.

use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, set_global_recorder,
};
use tracing::Dispatch;

use crate::backends::play;
use crate::script::{ACTS, Act, EVERY, Script};

/// The script of the case that is being played.
static PLAYED: Mutex<Option<Arc<Script>>> = Mutex::new(None);

struct Scripted;

impl Scripted {
    /// The script, if this is about the function that is meant.
    fn script(key: &Key) -> Option<Arc<Script>> {
        let script = PLAYED.lock().unwrap().clone()?;
        let mut labels = key.labels();
        let function = labels.find(|label| label.key() == "function")?;
        script.is_of(function.value()).then_some(script)
    }
}

impl Recorder for Scripted {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Self::script(key).map_or_else(Counter::noop, |script| {
            script.at("register_counter");
            Counter::from_arc(Arc::new(Metric::new(script, "drop of a counter")))
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Self::script(key).map_or_else(Gauge::noop, |script| {
            script.at("register_gauge");
            Gauge::from_arc(Arc::new(Metric::new(script, "drop of a gauge")))
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Self::script(key).map_or_else(Histogram::noop, |script| {
            script.at("register_histogram");
            Histogram::from_arc(Arc::new(Metric::new(script, "drop of a histogram")))
        })
    }
}

struct Metric {
    script: Arc<Script>,
    when_dropped: &'static str,
}

impl Metric {
    fn new(script: Arc<Script>, when_dropped: &'static str) -> Self {
        Self {
            script,
            when_dropped,
        }
    }
}

impl CounterFn for Metric {
    fn increment(&self, _: u64) {
        self.script.at("increment of a counter");
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Metric {
    fn increment(&self, _: f64) {
        self.script.at("increment of a gauge");
    }

    fn decrement(&self, _: f64) {
        self.script.at("decrement of a gauge");
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Metric {
    fn record(&self, _: f64) {
        self.script.at("record");
    }
}

impl Drop for Metric {
    fn drop(&mut self) {
        self.script.at(self.when_dropped);
    }
}

crate::backends::functions!();

const STEPS: [&str; 10] = [
    "register_counter",
    "register_gauge",
    "register_histogram",
    "increment of a counter",
    "increment of a gauge",
    "decrement of a gauge",
    "record",
    "drop of a counter",
    "drop of a gauge",
    "drop of a histogram",
];

#[test]
fn a_recorder_that_panics_launches_or_blocks_in_any_callback_harms_no_launch() {
    assert!(set_global_recorder(Scripted).is_ok());
    let every = [("drop", Act::Panics), (EVERY, Act::Panics)];
    let each = STEPS
        .into_iter()
        .flat_map(|step| ACTS.map(|act| (step, act)));
    for (step, act) in each.chain(every) {
        for function in FUNCTIONS {
            let script = Arc::new(Script::new(step, act));
            *PLAYED.lock().unwrap() = Some(Arc::clone(&script));
            play(function, &script, &Dispatch::none());
        }
    }
}
