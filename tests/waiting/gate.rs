//! A signal from a test to bodies that wait for it, blocking or `.await`ing; and the news that they have come.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Poll, Wake, Waker};

use crate::PATIENCE;

/// The test's side: opens when told, or when dropped, so that a test that fails leaves no body stuck.
#[derive(Debug)]
pub struct Gate {
    pass: Pass,
}

/// The body's side.
#[derive(Debug, Clone)]
pub struct Pass {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    /// How many bodies have come to it, whether they had to wait or not.
    come: usize,
    wakers: Vec<Waker>,
}

impl Gate {
    /// One that is closed.
    #[expect(clippy::new_without_default, reason = "a default would be open")]
    #[must_use]
    pub fn new() -> Self {
        Self {
            pass: Pass {
                shared: Arc::default(),
            },
        }
    }

    /// One that is closed, at which the body that `launch` launches waits.
    ///
    /// # Panics
    ///
    /// When the body does not come in time.
    #[must_use]
    #[track_caller]
    pub fn holding(launch: impl FnOnce(Pass)) -> Self {
        let gate = Self::new();
        launch(gate.pass());
        gate.reached_by(1);
        gate
    }

    /// For one more body.
    #[must_use]
    pub fn pass(&self) -> Pass {
        self.pass.clone()
    }

    /// A waker that does not come back from a wake-up before the gate is open.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::from(Arc::new(WaitsAwake(self.pass())))
    }

    /// Waits until so many bodies have come to it.
    ///
    /// # Panics
    ///
    /// When they do not come in time.
    #[track_caller]
    pub fn reached_by(&self, bodies: usize) {
        let come = self.pass.state_when(|state| state.come >= bodies).come;
        assert!(come >= bodies, "{come} of {bodies} bodies came to the gate");
    }

    /// How many bodies have come to it so far.
    #[must_use]
    pub fn come(&self) -> usize {
        self.pass.state().come
    }

    /// Opens it for all who wait and all who come.
    pub fn open(&self) {
        let mut state = self.pass.state();
        state.is_open = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.pass.shared.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

struct WaitsAwake(Pass);

impl Wake for WaitsAwake {
    fn wake(self: Arc<Self>) {
        self.0.wait();
    }
}

/// Is not dropped before its gate is open.
#[derive(Debug)]
pub struct Sticky(pub Pass);

impl Drop for Sticky {
    fn drop(&mut self) {
        self.0.wait();
    }
}

impl Pass {
    /// One that is open already.
    #[must_use]
    pub fn open() -> Self {
        Gate::new().pass()
    }

    /// Blocks the thread until the gate is open.
    ///
    /// # Panics
    ///
    /// When nobody opens it in time.
    pub fn wait(&self) {
        self.come();
        let is_open = self.state_when(|state| state.is_open).is_open;
        assert!(is_open, "nobody opened the gate");
    }

    /// Is ready when the gate is open.
    pub async fn opened(&self) {
        self.come();
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

    /// Has the gate been opened?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().is_open
    }

    /// Says that the body has come, and goes on.
    pub fn come(&self) {
        self.state().come += 1;
        self.shared.changed.notify_all();
    }

    /// Waits until the state is as wanted, or patience is over.
    fn state_when(&self, is_met: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.state(), PATIENCE, |state| !is_met(state))
            .unwrap();
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}
