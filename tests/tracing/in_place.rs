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
