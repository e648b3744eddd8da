//! What is in the store, measured.

use std::time::Duration;

use fire_and_forget::fire_and_forget;
use fire_and_forget_durable::meters;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::scenario::{scenarios, until};

#[fire_and_forget(
    backend = "durable",
    name = "measured",
    queue = "measured",
    attempts = 1
)]
async fn measured() -> Result<(), &'static str> {
    Err("deliberate")
}

/// The gauge of this name.
fn gauge(snapshotter: &Snapshotter, name: &str) -> Option<f64> {
    snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .find_map(|(key, _, _, value)| {
            let DebugValue::Gauge(value) = value else {
                return None;
            };
            let is_of = |label: &str, value: &str| {
                key.key()
                    .labels()
                    .any(|it| it.key() == label && it.value() == value)
            };
            let is_it = key.key().name() == name
                && is_of("queue", "measured")
                && (name == meters::UNATTENDED || is_of("function", "measured"));
            is_it.then(|| value.into_inner())
        })
}

scenarios! {
    async fn the_store_is_measured(store) {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().unwrap();
        let jobs = store.options().measure_every(Duration::ZERO).open().await.unwrap();
        let becomes = async |name: &str, wanted: f64| {
            until(async || gauge(&snapshotter, name).is_some_and(|value| (value - wanted).abs() < 0.1)).await;
        };
        jobs.stored(|| (0..3).for_each(|_| measured())).await.unwrap();
        becomes(meters::WAITING, 3.0).await;
        becomes(meters::UNATTENDED, 1.0).await;
        assert!(gauge(&snapshotter, meters::OLDEST).is_some());
        jobs.work_on("measured", 1);
        becomes(meters::DEAD, 3.0).await;
        becomes(meters::WAITING, 0.0).await;
        becomes(meters::RUNNING, 0.0).await;
        becomes(meters::UNATTENDED, 0.0).await;
        for dead in jobs.dead().await.unwrap() {
            assert!(jobs.discard(dead.id()).await.unwrap());
        }
        // Nothing is left of it in the store.
        becomes(meters::DEAD, 0.0).await;
    }
}
