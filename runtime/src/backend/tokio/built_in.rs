//! The static backend behind `backend = "tokio"`: an executor for an `async fn`, the built-in pool for a `fn`.

use ::tokio::runtime::Handle;

use super::lane::{self, Lane};
use super::runtime;
use crate::backend::{Backend, ByLauncher, Executor, built_in_pool};
use crate::queue::capacity::Room;
use crate::queue::ring::Vacant;
use crate::task::task::Task;

/// The backend `"tokio"`: runs a `fn` on the built-in pool, and spawns an `async fn` on a runtime.
///
/// A `fn` does not go to `spawn_blocking`, which creates threads in the caller, under a lock, and panics there if the system
/// refuses one.
#[derive(Debug)]
pub struct Tokio(());

/// Returns the static behind `backend = "tokio"`.
#[must_use]
pub fn built_in() -> &'static Tokio {
    static TOKIO: Tokio = Tokio(());
    &TOKIO
}

impl Backend for Tokio {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        built_in_pool().submit(task)
    }

    fn name(&self) -> &'static str {
        "tokio"
    }

    #[inline]
    fn claim(&'static self, by: ByLauncher) -> Option<Vacant<'static, Task>> {
        built_in_pool().claim(by)
    }

    #[inline]
    fn filled(&'static self) {
        built_in_pool().filled();
    }

    fn room(&'static self, by: ByLauncher) -> Option<&'static Room> {
        built_in_pool().room(by)
    }

    #[inline]
    fn offer(&'static self, task: &mut Option<Task>) {
        built_in_pool().offer(task);
    }

    #[expect(clippy::inline_always, reason = "it has one caller, the launch path")]
    #[inline(always)]
    fn lane(&'static self, _: ByLauncher) -> Option<Lane> {
        lane::here()
    }
}

impl Executor for Tokio {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        match runtime::current() {
            Some(handle) => drop(handle.spawn(future)),
            None => runtime::spawn_when_started(|handle| handle.spawn(future)),
        }
    }

    #[inline]
    fn take_on(
        &'static self,
        future: impl Future<Output = ()> + Send + 'static,
        runtime: Option<&Handle>,
    ) {
        match runtime {
            Some(handle) => drop(handle.spawn(future)),
            None => self.spawn(future),
        }
    }
}
