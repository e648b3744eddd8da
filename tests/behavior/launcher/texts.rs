//! Compares the texts that bodies send.

use std::sync::mpsc::Sender;

use waiting::signal;

/// Runs one call that sends texts, and compares these.
#[track_caller]
pub(super) fn check<const N: usize>(call: impl FnOnce(Sender<String>), texts: [&str; N]) {
    let (sender, received) = signal();
    call(sender);
    assert_eq!(received.receive_many(N), texts);
}
