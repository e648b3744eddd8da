//! Launches that a test captures (feature `testing`) have no span: they are outside the account.

use fire_and_forget::{fire_and_forget, testing};
use tracing::{info, info_span};

use crate::recorded::Recorded;

#[fire_and_forget]
fn is_captured() {
    info!("captured");
}

#[fire_and_forget]
async fn is_captured_and_awaited() {
    info!("awaited");
}

#[test]
fn a_captured_body_is_in_the_span_of_the_test_that_runs_it() {
    let recorded = Recorded::new();
    recorded.during(|| {
        let launches = testing::capture();
        info_span!("request").in_scope(|| {
            is_captured();
            is_captured_and_awaited();
        });
        let _test = info_span!("test").entered();
        smol::block_on(async { launches.run().await });
    });
    assert_eq!(recorded.lines(), ["test: captured", "test: awaited"]);
    assert!(recorded.span("request").is_closed);
}
