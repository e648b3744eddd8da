//! What expansions call for an `async fn` on an executor while the feature `testing` is on.
//!
//! The signatures are those of `launch/spawn.rs`, for the reason that `launch.rs` beside this file gives.

use std::any::Any;
use std::panic::Location;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::Executor;
use crate::launch::rejected::Rejected;
use crate::launch::spawn as spawning;
use crate::task::work::MakeFuture;
use crate::testing::launch::{Arguments, Intercepted, give_back, intercept, outside};
use crate::testing::store::{Begun, Launch};

/// In place of [`spawn`](crate::launch::spawn::spawn). Called by the expansion only.
#[inline]
#[track_caller]
pub fn spawn<E, L, M, S>(site: L, executor: &'static E, limit: Option<usize>, body: M, settle: S)
where
    E: Executor,
    L: Fn() -> &'static Site + Send + 'static,
    M: MakeFuture + Send + 'static,
    M::Args: 'static,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Body { body, settle }) {
        Intercepted::No(site, Body { body, settle }) => {
            spawning::spawn(site, executor, limit, body, settle);
        }
        Intercepted::Captured => {}
        Intercepted::Refused(refused, refusal) => refused.drop_and_report(refusal),
    }
}

/// In place of [`spawn_or_reject`](crate::launch::spawn::spawn_or_reject). Called by the expansion only.
///
/// # Errors
///
/// If the launch is refused.
#[inline]
#[track_caller]
pub fn spawn_or_reject<E, L, M, S>(
    site: L,
    executor: &'static E,
    limit: Option<usize>,
    body: M,
    settle: S,
) -> Result<(), Rejected<M::Args>>
where
    E: Executor,
    L: Fn() -> &'static Site + Send + 'static,
    M: MakeFuture + Send + 'static,
    M::Args: 'static,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Body { body, settle }) {
        Intercepted::No(site, Body { body, settle }) => {
            spawning::spawn_or_reject(site, executor, limit, body, settle)
        }
        Intercepted::Captured => Ok(()),
        Intercepted::Refused(refused, refusal) => give_back(refused.body.body.give_back(), refusal),
    }
}

/// The function that makes the future, and the function that turns its value into an end.
struct Body<M, S> {
    body: M,
    settle: S,
}

impl<M, S> Arguments for Body<M, S>
where
    M: MakeFuture,
    M::Args: 'static,
{
    type Tuple = M::Args;
}

impl<M, S> Launch for Body<M, S>
where
    M: MakeFuture + Send + 'static,
    M::Args: 'static,
    M::Future: 'static,
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    fn into_arguments(self: Box<Self>) -> Option<Box<dyn Any>> {
        Some(Box::new(self.body.give_back()?))
    }

    fn begin(
        self: Box<Self>,
        site: &'static Site,
        launched_at: &'static Location<'static>,
    ) -> Begun<End> {
        let Self { body, settle } = *self;
        let future = body.make_for_a_test();
        Begun::Awaits(Box::pin(async move {
            settle(future.await, &outside(site, launched_at))
        }))
    }
}
