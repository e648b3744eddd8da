//! Bodies that a worker of ours runs with a tokio runtime entered, so that they may use timers and spawn tasks: a `fn` on
//! `"tokio"`, and an `async fn` on whose future a thread blocks.

use ::tokio::runtime::Handle;

use super::runtime;
use crate::launch::restart::Refused;
use crate::task::work::{Call, CallOrReturn, Work, call, call_or_return};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;

/// A body that needs the runtime of its launch entered. Panics, as the body would, if no runtime can be started.
#[derive(Debug)]
pub struct CallInRuntime<W> {
    work: W,
    /// `None` if there was no runtime at the launch; the worker then starts the crate's own, or waits for it.
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

    const IS_DAEMON: bool = W::IS_DAEMON;

    fn execute(self) -> W::Output {
        if !runtime::can_be_entered() {
            return self.work.execute();
        }
        let handle = self.handle.unwrap_or_else(|| match runtime::start() {
            Ok(handle) => handle,
            // Caught like a panic of the body, and reported with the function and the line that launched it.
            Err(error) => panic!("no tokio runtime can be started: {error}"),
        });
        let _entered = runtime::enter(&handle);
        self.work.execute()
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }
}

/// A body that blocks its thread on a future, which may use tokio.
#[derive(Debug)]
pub struct BlockInRuntime<W> {
    work: W,
    /// `None` if there was no runtime at the launch. If none can be started either, the future runs without one, since it may
    /// not need it.
    handle: Option<Handle>,
}

/// Wraps the body of an `async fn` on whose future a thread blocks.
pub fn blocking<W: Work>(work: W) -> BlockInRuntime<W> {
    BlockInRuntime {
        work,
        handle: runtime::current(),
    }
}

impl<W: Work> Work for BlockInRuntime<W> {
    type Output = W::Output;
    type Args = W::Args;

    const IS_DAEMON: bool = W::IS_DAEMON;

    fn execute(self) -> W::Output {
        if !runtime::can_be_entered() {
            return self.work.execute();
        }
        let handle = self.handle.or_else(|| runtime::start().ok());
        let _entered = handle.as_ref().map(runtime::enter);
        self.work.execute()
    }

    fn give_back(self) -> Option<W::Args> {
        self.work.give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<W::Output> {
        self.work.begin()
    }
}

impl<W: Refused> Refused for BlockInRuntime<W> {
    fn retry_later(self) {
        self.work.retry_later();
    }
}
