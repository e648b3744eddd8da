//! A body that its caller runs is in the span of its launch, too.

use std::thread;

use fire_and_forget::{Backend, Task, fire_and_forget};
use tracing::{info, info_span};

use crate::recorded::Recorded;

/// Has no room.
struct Full;

impl Backend for Full {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "full"
    }
}

static FULL: Full = Full;

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
