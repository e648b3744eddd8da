//! Everything of this crate is imported, and the names of the crates beside it are theirs.

#![allow(clippy::wildcard_imports, reason = "it is the test")]

use fire_and_forget::*;

#[fire_and_forget]
async fn uses_other_crates() {
    tokio::task::yield_now().await;
    metrics::counter!("yields").increment(1);
    tracing::trace!("yielded");
}

#[test]
fn no_module_of_this_crate_is_called_as_a_crate_beside_it() {
    uses_other_crates();
    flush(waiting::PATIENCE).wait().unwrap();
    assert_eq!(ledger().total().ok, 1);
}
