//! Bodies that a worker of ours runs with a tokio runtime entered, so that they may use timers and spawn tasks: a `fn` on
//! `"tokio"`, and an `async fn` on whose future a thread blocks.

use ::tokio::runtime::Handle;

use super::runtime;
use crate::launch::restart::Refused;
use crate::task::work::{Call, CallOrReturn, Work, call, call_or_return};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;

/// A body with the runtime of its launch entered.
///
/// `IS_FUTURE` for the future of an `async fn`, which may not need a runtime: if none can be started, it runs without one.
#[derive(Debug)]
pub struct InRuntime<W, const IS_FUTURE: bool> {
    work: W,
    /// `None` if there was no runtime at the launch; the worker then starts the crate's own, or waits for it.
    handle: Option<Handle>,
}

impl<W, const IS_FUTURE: bool> InRuntime<W, IS_FUTURE> {
    fn new(work: W) -> Self {
        Self {
            work,
            handle: runtime::current(),
        }
    }
}

/// Wraps the body of a `fn`. It panics, as the body would, if no runtime can be started.
pub fn call_in_runtime<F, R>(body: F) -> InRuntime<Call<F>, false>
where
    F: FnOnce() -> R,
{
    InRuntime::new(call(body))
}

/// Wraps the body of a `fn` whose arguments can be given back.
pub fn call_in_runtime_or_return<F, A, B, R>(closure: F) -> InRuntime<CallOrReturn<F, A>, false>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: FnOnce() -> R,
{
    InRuntime::new(call_or_return(closure))
}

/// Wraps the body of an `async fn` on whose future a thread blocks.
pub fn blocking<W: Work>(work: W) -> InRuntime<W, true> {
    InRuntime::new(work)
}

impl<W: Work, const IS_FUTURE: bool> Work for InRuntime<W, IS_FUTURE> {
    type Output = W::Output;
    type Args = W::Args;

    const IS_DAEMON: bool = W::IS_DAEMON;

    fn execute(self) -> W::Output {
        if !runtime::can_be_entered() {
            return self.work.execute();
        }
        let handle = match self.handle.map_or_else(runtime::start, Ok) {
            Ok(handle) => Some(handle),
            Err(_) if IS_FUTURE => None,
            // Caught like a panic of the body, and reported with the function and the line that launched it.
            Err(error) => panic!("no tokio runtime can be started: {error}"),
        };
        let _entered = handle.as_ref().map(runtime::enter);
        self.work.execute()
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<W::Output> {
        if IS_FUTURE {
            self.work.begin()
        } else {
            Begun::Ended(self.execute())
        }
    }
}

impl<W: Refused> Refused for InRuntime<W, true> {
    fn retry_later(self) {
        self.work.retry_later();
    }
}
