//! The same for an `async fn` on `"tokio"`.

use std::any::Any;
use std::panic::Location;

use crate::backend::tokio::spawn::{self as spawning, MakeTask};
use crate::in_flight::InFlight;
use crate::outcome::End;
use crate::rejected::Rejected;
use crate::site::Site;
use crate::testing::launch::{Arguments, Intercepted, give_back, intercept, outside};
use crate::testing::store::{Begun, Launch};

/// In place of [`spawn`](crate::backend::tokio::spawn::spawn). Called by the expansion only.
#[inline]
#[track_caller]
pub fn spawn<L, M, S>(site: L, limit: Option<usize>, task: M, settle: S)
where
    L: Fn() -> &'static Site,
    M: MakeTask + Send + 'static,
    M::Args: 'static,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Task { task, settle }) {
        Intercepted::No(site, Task { task, settle }) => spawning::spawn(site, limit, task, settle),
        Intercepted::Captured => {}
        Intercepted::Refused(refused, refusal) => refused.drop_and_report(refusal),
    }
}

/// In place of [`spawn_or_reject`](crate::backend::tokio::spawn::spawn_or_reject). Called by the expansion only.
///
/// # Errors
///
/// When the launch is refused.
#[inline]
#[track_caller]
pub fn spawn_or_reject<L, M, S>(
    site: L,
    limit: Option<usize>,
    task: M,
    settle: S,
) -> Result<(), Rejected<M::Args>>
where
    L: Fn() -> &'static Site,
    M: MakeTask + Send + 'static,
    M::Args: 'static,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Task { task, settle }) {
        Intercepted::No(site, Task { task, settle }) => {
            spawning::spawn_or_reject(site, limit, task, settle)
        }
        Intercepted::Captured => Ok(()),
        Intercepted::Refused(refused, refusal) => give_back(refused.body.task.give_back(), refusal),
    }
}

/// What makes the future, and what turns its value into an end.
struct Task<M, S> {
    task: M,
    settle: S,
}

impl<M, S> Arguments for Task<M, S>
where
    M: MakeTask,
    M::Args: 'static,
{
    type Tuple = M::Args;
}

impl<M, S> Launch for Task<M, S>
where
    M: MakeTask + Send + 'static,
    M::Args: 'static,
    M::Future: 'static,
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    fn into_arguments(self: Box<Self>) -> Option<Box<dyn Any>> {
        Some(Box::new(self.task.give_back()?))
    }

    fn begin(
        self: Box<Self>,
        site: &'static Site,
        launched_at: &'static Location<'static>,
    ) -> Begun<End> {
        let Self { task, settle } = *self;
        let future = task.make();
        Begun::Awaits(Box::pin(async move {
            settle(future.await, &outside(site, launched_at))
        }))
    }
}
