//! A signal from a test to bodies that wait for it, blocking or `.await`ing; and the patience of all waits.

use std::future::poll_fn;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Far longer than anything here takes: a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The test's side: opens when told, or when dropped, so that a test that fails leaves no body stuck.
#[derive(Debug)]
pub(crate) struct Gate {
    pass: Pass,
}

/// The body's side.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    wakers: Vec<Waker>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            pass: Pass {
                shared: Arc::default(),
            },
        }
    }

    pub(crate) fn pass(&self) -> Pass {
        self.pass.clone()
    }

    /// Opens it for all who wait and all who come.
    pub(crate) fn open(&self) {
        let mut state = self.pass.state();
        state.is_open = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.pass.shared.opened.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

impl Pass {
    /// One that is open already.
    pub(crate) fn open() -> Self {
        Gate::new().pass()
    }

    /// Blocks the thread until the gate is open.
    pub(crate) fn wait(&self) {
        let (_state, timeout) = self
            .shared
            .opened
            .wait_timeout_while(self.state(), PATIENCE, |state| !state.is_open)
            .unwrap();
        assert!(!timeout.timed_out(), "nobody opened the gate");
    }

    /// Is ready when the gate is open.
    pub(crate) async fn opened(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.is_open {
                return Poll::Ready(());
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state().is_open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

/// A message from a body to the test.
pub(crate) fn signal<T>() -> (Sender<T>, Signal<T>) {
    let (sender, receiver) = channel();
    (sender, Signal(receiver))
}

/// The test's side of [`signal`].
#[derive(Debug)]
pub(crate) struct Signal<T>(Receiver<T>);

impl<T> Signal<T> {
    #[track_caller]
    pub(crate) fn receive(&self) -> T {
        match self.0.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(error) => panic!("no message from a body: {error}"),
        }
    }

    #[track_caller]
    pub(crate) fn receive_many(&self, count: usize) -> Vec<T> {
        (0..count).map(|_| self.receive()).collect()
    }

    /// What has been sent so far.
    pub(crate) fn so_far(&self) -> Vec<T> {
        self.0.try_iter().collect()
    }
}
