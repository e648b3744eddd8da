//! The body of a launch that becomes a task of an executor: running it makes the future and spawns that.
//!
//! The future goes into the smallest of nine places that it fits in, so that the executor's code is compiled for
//! nine sizes: with tokio, 570 bytes of machine code for an `async fn` in place of 14,700. A larger future has a place of
//! its own size.

use super::Body;
use super::future::{ErasedFuture, Settled, fits};
use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::Executor;
use crate::backend::lane::Runtime;
use crate::task::supervised::Supervised;
use crate::task::work::MakeFuture;

/// A launch with its types, without its guard; `run` spawns it on its executor.
#[derive(Debug)]
pub(crate) struct Spawning<L, E: 'static, M, S> {
    pub(crate) site: L,
    pub(crate) executor: &'static E,
    pub(crate) body: M,
    pub(crate) settle: S,
}

impl<L, E, M, S> Body for Spawning<L, E, M, S>
where
    L: Fn() -> &'static Site + Send + 'static,
    E: Executor,
    M: MakeFuture + Send + 'static,
    M::Future: Send + 'static,
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    // An executor polls a daemon like any other task, and needs no thread of its own for it.
    const IS_DAEMON: bool = false;

    /// Makes the future, and spawns it. Boxes a large future first: without optimizations, each move of it would put one more
    /// copy on the stack.
    fn run(self, in_flight: &mut InFlight, _: &mut dyn FnMut(), runtime: Option<&Runtime>) -> End {
        let Self {
            executor,
            body,
            settle,
            ..
        } = self;
        if const { size_of::<M::Future>() > LARGE } {
            let future = Box::pin(body.make());
            start(executor, runtime, future, settle, in_flight);
        } else {
            let future = body.make();
            start(executor, runtime, future, settle, in_flight);
        }
        // The launch has left the guard (`pass_on`), so this end is not counted.
        End::Ok
    }

    #[inline]
    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller promises that `this` may be read. Only the closure `site` is borrowed, which the attribute
        // writes and which captures a `&'static Site` at most, so the reference covers no `Cell`.
        (unsafe { &(*this).site })()
    }
}

/// Spawns a future in the smallest place that it fits in.
///
/// Tokio rounds the size of a task up to a multiple of 128 bytes; the sizes are chosen so that a task is no larger than with
/// a place of the future's own size. The smallest has 11 words: what tokio moves of such a task is 128 bytes, which the
/// compiler still moves without a call.
#[inline]
fn start<E, F, S>(
    executor: &'static E,
    runtime: Option<&Runtime>,
    future: F,
    settle: S,
    in_flight: &mut InFlight,
) where
    E: Executor,
    F: Future + Send + 'static,
    S: Fn(F::Output, &InFlight) -> End + Send + 'static,
{
    let future = Settled { future, settle };
    macro_rules! first_that_fits {
        ($($words:literal)*) => {
            $(
                if const { fits::<Settled<F, S>, [usize; $words - EXTRA_WORDS]>() } {
                    let future = ErasedFuture::<[usize; $words - EXTRA_WORDS]>::new(future);
                    return hand_over(executor, runtime, future, in_flight);
                }
            )*
        };
    }
    first_that_fits!(11 15 31 47 63 79 95 111 127);
    let future = ErasedFuture::<Settled<F, S>>::new(future);
    hand_over(executor, runtime, future, in_flight);
}

/// Spawns the future with its guard. Compiled once for each executor and size.
#[inline(never)]
fn hand_over<E, P>(
    executor: &'static E,
    runtime: Option<&Runtime>,
    future: ErasedFuture<P>,
    in_flight: &mut InFlight,
) where
    E: Executor,
    P: Send + 'static,
{
    executor.take_on(Supervised::new(future, in_flight.pass_on()), runtime);
}

/// The size, in bytes, above which a future is boxed. Tokio itself boxes futures of more than 16 KiB.
const LARGE: usize = 4096;

/// The words that the features `metrics` and `tracing` add to a ticket. The places are smaller by as many, so that tasks keep
/// their size.
const EXTRA_WORDS: usize = cfg!(feature = "metrics") as usize + cfg!(feature = "tracing") as usize;
