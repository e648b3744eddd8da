//! A message from a body to the test.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::PATIENCE;

/// Both sides: bodies send, the test receives.
#[must_use]
pub fn signal<T>() -> (Sender<T>, Signal<T>) {
    let (sender, receiver) = channel();
    (sender, Signal(receiver))
}

/// The test's side of [`signal`].
#[derive(Debug)]
pub struct Signal<T>(Receiver<T>);

#[expect(
    clippy::must_use_candidate,
    reason = "often it is enough that the message comes"
)]
impl<T> Signal<T> {
    /// Waits for the next message.
    ///
    /// # Panics
    ///
    /// When it does not come in time, or cannot come any more.
    #[track_caller]
    pub fn receive(&self) -> T {
        match self.0.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(error) => panic!("no message from a body: {error}"),
        }
    }

    /// Waits for so many messages.
    ///
    /// # Panics
    ///
    /// When one of them does not come in time, or cannot come any more.
    #[track_caller]
    pub fn receive_many(&self, count: usize) -> Vec<T> {
        (0..count).map(|_| self.receive()).collect()
    }

    /// What has been sent so far.
    pub fn so_far(&self) -> Vec<T> {
        self.0.try_iter().collect()
    }
}
