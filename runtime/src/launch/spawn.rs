//! The launch path of an `async fn` that becomes a task.

use std::panic::Location;

use crate::account::in_flight::{InFlight, Ticket};
use crate::account::outcome::End;
use crate::account::site::{On, Queue, Site};
use crate::backend::{Backend, ByLauncher, Executor};
use crate::launch::launch::Start;
use crate::launch::rejected::{Refusal, Rejected};
use crate::launch::restart::{AsyncRestarting, Refused};
use crate::task::erased::spawning::Spawning;
use crate::task::erased::{Body, ErasedBody};
use crate::task::task::Task;
use crate::task::work::MakeFuture;
use crate::thread::nesting;

/// Launches an `async fn` as a task. Called by the expansion only.
///
/// The compiler shows the line of the bound to whoever holds something across an `.await` that is not `Send`.
#[inline]
#[track_caller]
pub fn spawn<E, L, M, S>(site: L, executor: &'static E, limit: Option<usize>, body: M, settle: S)
where
    E: Executor,
    L: Fn() -> &'static Site + Send + 'static,
    M: MakeFuture + Send + 'static,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let spawning = Spawning {
        site,
        executor,
        body,
        settle,
    };
    let task = task(spawning, false, Location::caller());
    launch_or_refuse(task, executor, limit);
}

/// Launches an `async fn` as a task; a refusal gives the arguments back. Called by the expansion only.
///
/// # Errors
///
/// When the launch is refused.
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
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let spawning = Spawning {
        site,
        executor,
        body,
        settle,
    };
    let task = task(spawning, true, Location::caller());
    let Err((task, refusal)) = launch(task, executor, limit) else {
        return Ok(());
    };
    // It is this very task.
    match task.into_body::<Spawning<L, E, M, S>>() {
        Some((in_flight, spawning)) => in_flight.give_back(spawning.body.give_back(), refusal),
        None => Ok(()),
    }
}

/// Launches an `async fn` that is a daemon again. Called by the expansion only.
pub fn spawn_again<M, E, L, S>(it: AsyncRestarting<M, E, L, S>)
where
    M: MakeFuture + Clone + Send + 'static,
    M::Future: Send + 'static,
    E: Executor,
    L: Fn() -> &'static Site + Clone + Send + 'static,
    S: Fn(
            <<AsyncRestarting<M, E, L, S> as MakeFuture>::Future as Future>::Output,
            &InFlight,
        ) -> End
        + Clone
        + Send
        + 'static,
{
    let Start {
        site,
        backend,
        limit,
        settle,
        launched_at,
    } = it.0.start();
    let spawning = Spawning {
        site,
        executor: backend,
        body: it,
        settle,
    };
    let Err((task, refusal)) = launch(task(spawning, true, launched_at), backend, limit) else {
        return;
    };
    let refused = task.into_body::<Spawning<L, E, AsyncRestarting<M, E, L, S>, S>>();
    if let Some((in_flight, spawning)) = refused {
        in_flight.refused(refusal);
        spawning.body.retry_later();
    }
}

/// The task of a launch that begins next. All that there is for each launcher: it is moved once more than it would have to be,
/// and a third of the code.
#[inline]
fn task<T: Body>(body: T, is_returnable: bool, launched_at: &'static Location<'static>) -> Task {
    Task::new(
        ErasedBody::anywhere(body, is_returnable),
        launched_at,
        Ticket::NONE,
    )
}

/// Launches, and drops what is refused.
#[inline(never)]
fn launch_or_refuse(task: Task, executor: &'static dyn Backend, limit: Option<usize>) {
    if let Err((task, refusal)) = launch(task, executor, limit) {
        task.refuse(refusal);
    }
}

/// Counts a launch, and has it spawned: where the executor has a place for it, by a task of ours, and else at once. An error
/// if it may not go on.
#[inline(never)]
#[expect(clippy::result_large_err, reason = "it is the task that came in")]
fn launch(
    mut task: Task,
    executor: &'static dyn Backend,
    limit: Option<usize>,
) -> Result<(), (Task, Refusal)> {
    if let Err(refusal) = task.change(|in_flight| begin(in_flight, executor, limit)) {
        return Err((task, refusal));
    }
    let lane = executor.lane(ByLauncher::new());
    if let Some(lane) = &lane
        && let Some(vacant) = lane.claim()
    {
        vacant.fill(task);
        lane.filled();
    } else {
        task.pass_on();
    }
    Ok(())
}

/// Counts a launch, and asks whether it may go on.
fn begin(
    in_flight: &mut InFlight,
    executor: &'static dyn Backend,
    limit: Option<usize>,
) -> Result<(), Refusal> {
    in_flight.begin(&|| On {
        name: executor.name(),
        queue: Queue::OfExecutor,
    });
    in_flight.admit_roughly(limit, MAX_IN_FLIGHT)?;
    has_stack(in_flight)
}

/// An executor may drop the future at once, which nobody can prevent any more once it is pinned. So a launch by a destructor
/// that is deep in others does not get there.
#[inline]
fn has_stack(in_flight: &InFlight) -> Result<(), Refusal> {
    if nesting::is_too_deep(in_flight) {
        Err(Refusal::TooDeep)
    } else {
        Ok(())
    }
}

/// In flight per function, where `max_in_flight` says nothing: no backend is unbounded.
const MAX_IN_FLIGHT: u64 = 16_384;
