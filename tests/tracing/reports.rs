//! Reports that are events, of launches that no backend ran.

use std::sync::Once;

use fire_and_forget::{Pool, fire_and_forget, observer, set_observer};
use tracing::{Level, info, info_span};
use waiting::backends::{FORGETFUL, FULL};
use waiting::{Gate, Pass};

use crate::recorded::{Recorded, quiet};

/// Has the observer for `tracing` take the reports of this process.
pub(crate) fn observe() {
    static OBSERVED: Once = Once::new();
    OBSERVED.call_once(|| set_observer(observer::Tracing).unwrap());
}

static NEWEST: Pool = Pool::new("newest").threads(1).queue(1).drop_oldest();

/// Says so when it is dropped.
struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {
        info!("dropped");
    }
}

#[fire_and_forget(name = "is forgotten", backend = FORGETFUL)]
fn is_forgotten(_argument: Loud) {}

#[fire_and_forget(name = "is evicted", backend = NEWEST)]
fn is_evicted(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(name = "has no room", backend = FULL)]
fn has_no_room() {}

#[fire_and_forget(name = "has no room, and comes back", backend = FULL, on_full = "reject")]
fn comes_back() {}

#[fire_and_forget(name = "is over its limit", max_in_flight = NONE)]
async fn is_over_its_limit() {}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

#[test]
fn what_was_lost_is_a_warning_in_the_span_of_its_launch_and_so_is_what_its_arguments_say() {
    observe();
    let recorded = Recorded::new();
    recorded.during(|| info_span!("request").in_scope(|| is_forgotten(Loud)));
    assert_eq!(
        recorded.lines(),
        [
            "is forgotten: dropped",
            "is forgotten: was lost: dropped before it began"
        ]
    );
    assert_eq!(recorded.events()[1].level, Level::WARN);
    assert_eq!(recorded.events()[1].target, module_path!());
    let span = recorded.span("is forgotten");
    assert!(span.is_closed);
    assert_eq!(span.target, module_path!());
}

#[test]
fn what_was_evicted_by_a_newer_launch_is_a_warning_in_its_own_span() {
    observe();
    let gate = Gate::holding(is_evicted);
    let [older, newer] = [Recorded::new(), Recorded::new()];
    older.during(|| is_evicted(gate.pass()));
    newer.during(|| is_evicted(gate.pass()));
    gate.open();
    quiet("is evicted");
    assert_eq!(
        older.lines(),
        ["is evicted: was lost: a newer launch took its place in the full queue"]
    );
    assert!(older.span("is evicted").is_closed);
    assert_eq!(newer.lines(), [""; 0]);
}

#[test]
fn what_was_refused_is_a_warning_in_the_callers_span() {
    observe();
    let recorded = Recorded::new();
    recorded.during(|| {
        let _request = info_span!("request").entered();
        has_no_room();
        assert!(comes_back().is_err());
        is_over_its_limit();
    });
    assert_eq!(
        recorded.lines(),
        [
            "request: was refused: the queue is full",
            "request: was refused: the function's limit of launches in flight is reached (see `max_in_flight`)",
        ]
    );
    for event in recorded.events() {
        assert_eq!(event.level, Level::WARN);
    }
    assert!(recorded.spans("is over its limit").is_empty());
    for refused in ["has no room", "has no room, and comes back"] {
        assert!(recorded.span(refused).is_closed);
    }
}

#[fire_and_forget(name = "is interrupted")]
async fn is_interrupted(argument: Loud, pass: Pass) {
    pass.opened().await;
    drop(argument);
}

#[test]
fn what_its_runtime_drops_is_a_warning_in_its_span_and_so_is_what_the_future_held() {
    observe();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let recorded = Recorded::new();
    let gate = {
        let _inside = runtime.enter();
        Gate::holding(|pass| recorded.during(|| is_interrupted(Loud, pass)))
    };
    drop(runtime);
    quiet("is interrupted");
    assert_eq!(
        recorded.lines(),
        [
            "is interrupted: dropped",
            "is interrupted: was lost: dropped while it was running"
        ]
    );
    assert!(recorded.span("is interrupted").is_closed);
    drop(gate);
}

#[fire_and_forget(name = "chosen", backend = pool)]
fn chosen(pool: &'static Pool, what: &'static str) -> Result<(), &'static str> {
    let _ = pool;
    Err(what)
}

#[test]
fn a_span_and_an_event_have_the_name_of_the_backend_that_was_chosen() {
    observe();
    let recorded = Recorded::new();
    recorded.during(|| {
        for name in ["first", "second"] {
            chosen(Pool::new(name).leak(), name);
        }
    });
    quiet("chosen");
    let mut spans: Vec<_> = recorded.spans("chosen");
    spans.sort_by_key(|span| span.fields["backend"].clone());
    assert_eq!(spans.len(), 2);
    for (span, name) in spans.iter().zip(["first", "second"]) {
        assert_eq!(span.fields["backend"], name);
        assert_eq!(span.target, module_path!());
        assert!(span.is_closed);
    }
    assert_eq!(recorded.events().len(), 2);
    for event in recorded.events() {
        let message = format!("failed: {}", event.fields["backend"]);
        assert_eq!(event.message(), message);
        assert_eq!(event.target, module_path!());
    }
}
