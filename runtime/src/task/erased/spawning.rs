//! The body of a launch that becomes a task of an executor.

use super::Body;
use super::future::{ErasedFuture, Settled, fits};
use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
use crate::account::site::Site;
use crate::backend::Executor;
use crate::task::supervised::Supervised;
use crate::task::work::MakeFuture;

/// A launch with its type, but for the guard. Run, it becomes a task of its executor.
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
    // An executor polls it like any other.
    const IS_DAEMON: bool = false;

    /// Makes a future where it stays, if it is large: each time it is moved, without optimizations, it is on the stack once
    /// more.
    fn run(self, in_flight: &mut InFlight, _: &mut dyn FnMut()) -> End {
        let Self {
            executor,
            body,
            settle,
            ..
        } = self;
        if const { size_of::<M::Future>() > LARGE } {
            let future = Box::pin(body.make());
            start(executor, future, settle, in_flight);
        } else {
            let future = body.make();
            start(executor, future, settle, in_flight);
        }
        // Of the guard that stays here nobody asks how it ended.
        End::Ok
    }

    #[inline]
    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller's promise. The closure alone is borrowed, which the attribute writes and which keeps nothing.
        (unsafe { &(*this).site })()
    }
}

/// Spawns a future in a room: of a few sizes, such that a task, which tokio rounds up to a multiple of 128 bytes, is
/// no larger than it would be without. Where none fits, the future has one of its own.
///
/// The smallest is less: what tokio moves of a task is then 128 bytes, which the compiler still moves without a call.
#[inline]
fn start<E, F, S>(executor: &'static E, future: F, settle: S, in_flight: &mut InFlight)
where
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
                    return hand_over(executor, future, in_flight);
                }
            )*
        };
    }
    first_that_fits!(11 15 31 47 63 79 95 111 127);
    let future = ErasedFuture::<Settled<F, S>>::new(future);
    hand_over(executor, future, in_flight);
}

/// What all launchers of an executor share whose futures have the same room.
#[inline(never)]
fn hand_over<E, P>(executor: &'static E, future: ErasedFuture<P>, in_flight: &mut InFlight)
where
    E: Executor,
    P: Send + 'static,
{
    executor.take_on(Supervised::new(future, in_flight.pass_on()));
}

/// Bytes. Tokio itself boxes futures of more than 16 KiB.
const LARGE: usize = 4096;

/// The words that a ticket has besides its own: the rooms are smaller by so many, and tasks of the same size.
const EXTRA_WORDS: usize = cfg!(feature = "metrics") as usize + cfg!(feature = "tracing") as usize;
