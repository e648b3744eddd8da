//! A body that its caller runs is in the span of its launch, too.

use std::thread;

use fire_and_forget::fire_and_forget;
use tracing::{info, info_span};
use waiting::backends::FULL;

use crate::recorded::Recorded;

#[fire_and_forget(name = "in place", backend = FULL, on_full = "caller_runs")]
fn runs_in_place() {
    info!("in place");
}

#[fire_and_forget(name = "above the limit", max_in_flight = NONE, on_full = "caller_runs")]
fn runs_above_the_limit() {
    info!("above the limit");
}

#[fire_and_forget(name = "blocks in a body", max_in_flight = NONE, on_full = "block")]
fn blocks_in_a_body() -> Result<(), &'static str> {
    info!("in another body");
    Err("bad")
}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

#[fire_and_forget(name = "outer", backend = FULL, on_full = "caller_runs")]
fn launches_in_a_body() {
    blocks_in_a_body();
    info!("behind it");
}

#[test]
fn a_body_that_its_functions_limit_leaves_to_the_caller_is_in_the_span_of_its_launch() {
    let recorded = Recorded::new();
    recorded.during(|| {
        let _request = info_span!("request").entered();
        runs_above_the_limit();
        launches_in_a_body();
    });
    assert_eq!(
        recorded.lines(),
        [
            "above the limit: above the limit",
            "blocks in a body: in another body",
            "outer: behind it"
        ]
    );
    assert_eq!(recorded.span("above the limit").follows_from, ["request"]);
    assert_eq!(recorded.span("blocks in a body").follows_from, ["outer"]);
    assert!(recorded.span("blocks in a body").is_closed);
}

#[test]
fn a_caller_that_runs_the_body_leaves_its_span_and_comes_back() {
    let recorded = Recorded::new();
    recorded.during(|| {
        let _request = info_span!("request").entered();
        runs_in_place();
        info!("afterwards");
    });
    assert_eq!(
        recorded.lines(),
        ["in place: in place", "request: afterwards"]
    );
    let span = recorded.span("in place");
    assert_eq!(span.threads, [thread::current().id()]);
    assert_eq!(span.follows_from, ["request"]);
    assert!(span.is_closed);
}
