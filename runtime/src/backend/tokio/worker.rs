//! A `fn` on `"tokio"`: a worker of the built-in pool, with the runtime entered.

use ::tokio::runtime::Handle;

use super::runtime;
use crate::backend::{Backend, built_in_pool};
use crate::ring::Vacant;
use crate::task::Task;
use crate::work::{Call, CallOrReturn, Work, call, call_or_return};

/// The built-in pool under the name of this backend.
///
/// Not `spawn_blocking`: that creates threads in the caller, under a lock, and panics there when the system refuses
/// one.
#[derive(Debug)]
pub struct TokioWorker(());

impl Backend for TokioWorker {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        built_in_pool().submit(task)
    }

    fn name(&self) -> &'static str {
        "tokio"
    }

    #[inline]
    fn claim(&'static self) -> Option<Vacant<'static, Task>> {
        built_in_pool().claim()
    }

    #[inline]
    fn filled(&'static self) {
        built_in_pool().filled();
    }

    #[inline]
    fn offer(&'static self, task: &mut Option<Task>) {
        built_in_pool().offer(task);
    }
}

/// The static behind `backend = "tokio"` on a `fn`.
#[must_use]
pub fn tokio_worker() -> &'static TokioWorker {
    static WORKER: TokioWorker = TokioWorker(());
    &WORKER
}

/// A body that runs with the runtime of its launch entered, so that it may use timers and spawn tasks.
#[derive(Debug)]
pub struct CallInRuntime<W> {
    work: W,
    /// None: there was no runtime at the launch, so the worker starts the crate's own.
    handle: Option<Handle>,
}

/// Wraps the body of a `fn`.
pub fn call_in_runtime<F, R>(body: F) -> CallInRuntime<Call<F>>
where
    F: FnOnce() -> R,
{
    CallInRuntime {
        work: call(body),
        handle: runtime::current(),
    }
}

/// Wraps the body of a `fn` whose arguments can be given back.
pub fn call_in_runtime_or_return<F, A, B, R>(closure: F) -> CallInRuntime<CallOrReturn<F, A>>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: FnOnce() -> R,
{
    CallInRuntime {
        work: call_or_return(closure),
        handle: runtime::current(),
    }
}

impl<W: Work> Work for CallInRuntime<W> {
    type Output = W::Output;
    type Args = W::Args;

    fn execute(self) -> W::Output {
        let handle = self.handle.unwrap_or_else(|| match runtime::start() {
            Ok(handle) => handle,
            // Caught like a panic of the body, and reported with the function and the launching line.
            Err(error) => panic!("no tokio runtime can be started: {error}"),
        });
        let _entered = handle.enter();
        self.work.execute()
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }
}
