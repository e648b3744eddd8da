//! The launch path of an `async fn` that an executor polls as a task.
//!
//! The launch is counted and admitted first. If the executor has a lane, the launch goes into a slot of that lane's
//! queue, and a task of ours on the executor spawns it later; the caller allocates nothing. Otherwise the caller spawns
//! it at once. An executor has no queue to bound, so each function has a limit, by default 16,384 launches in flight.

use std::panic::Location;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::{On, Queue, Site};
use crate::backend::{Backend, ByLauncher, Executor};
use crate::launch::launch::Start;
use crate::launch::rejected::{Refusal, Rejected};
use crate::launch::restart::{AsyncRestarting, Refused};
use crate::task::erased::ErasedBody;
use crate::task::erased::spawning::Spawning;
use crate::task::task::Task;
use crate::task::work::MakeFuture;
use crate::thread::nesting;

/// Launches an `async fn` as a task. Called by the expansion only.
///
/// rustc prints the line of the bound `M::Future: Send`, with its comment, if a value that is not `Send` is held across an
/// `.await`.
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
    let site = (spawning.site)();
    let body = ErasedBody::anywhere(spawning, false);
    launch_or_refuse(body, site, Location::caller(), executor, limit);
}

/// Launches an `async fn` as a task; a refusal gives the arguments back. Called by the expansion only.
///
/// # Errors
///
/// Returns the arguments and the reason if the launch is refused.
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
    let site = (spawning.site)();
    let mut body = ErasedBody::anywhere(spawning, true);
    let launched = launch(&mut body, site, Location::caller(), executor, limit);
    let Err((in_flight, refusal)) = launched else {
        return Ok(());
    };
    let spawning = body.take::<Spawning<L, E, M, S>>();
    in_flight.give_back(spawning.and_then(|it| it.body.give_back()), refusal)
}

/// Launches an `async fn` daemon again. Called by the expansion only.
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
    let site = (spawning.site)();
    let mut body = ErasedBody::anywhere(spawning, true);
    if let Err((in_flight, refusal)) = launch(&mut body, site, launched_at, backend, limit) {
        in_flight.refused(refusal);
        if let Some(spawning) = body.take::<Spawning<L, E, AsyncRestarting<M, E, L, S>, S>>() {
            spawning.body.retry_later();
        }
    }
}

/// Launches a body; a refused one is dropped, counted and reported.
///
/// What is compiled for each launcher ends here. This is compiled once for each executor, beside its launchers, and so are the
/// small functions that it calls: a launch that comes alone waits for each page of code. The body is moved as a whole only
/// into a slot and out of it: each move of so many words by vector instructions waits for the single words that were just
/// written.
#[inline(never)]
fn launch_or_refuse<E: Executor>(
    mut body: ErasedBody,
    site: &'static Site,
    launched_at: &'static Location<'static>,
    executor: &'static E,
    limit: Option<usize>,
) {
    if let Err((in_flight, refusal)) = launch(&mut body, site, launched_at, executor, limit) {
        Task::new(body, launched_at, in_flight.into_ticket()).refuse(refusal);
    }
}

/// Counts a launch, and has it spawned: by the executor's lane if that has a free slot, otherwise by this thread, now.
///
/// Leaves the body where it is, and returns the guard and the reason, if the launch is not admitted.
#[inline]
fn launch<E: Executor>(
    body: &mut ErasedBody,
    site: &'static Site,
    launched_at: &'static Location<'static>,
    executor: &'static E,
    limit: Option<usize>,
) -> Result<(), (InFlight, Refusal)> {
    let mut in_flight = InFlight::of(site, launched_at);
    if let Err(refusal) = begin(&mut in_flight, executor, limit) {
        return Err((in_flight, refusal));
    }
    let Some(lane) = executor.lane(ByLauncher::new()) else {
        body.pass_on(&mut in_flight, None);
        return Ok(());
    };
    if let Some(vacant) = lane.claim() {
        vacant.fill(Task::new(
            body.move_out(),
            launched_at,
            in_flight.into_ticket(),
        ));
        lane.filled();
    } else {
        body.pass_on(&mut in_flight, lane.runtime());
    }
    Ok(())
}

/// Counts a launch, and checks whether it is admitted.
#[inline]
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
    if nesting::is_too_deep(in_flight) {
        // An executor may drop the future at once, and a pinned future cannot be leaked in place of being dropped: the depth
        // is checked before the executor gets it.
        return Err(Refusal::TooDeep);
    }
    Ok(())
}

/// Limit of launches in flight for each function without `max_in_flight`: no backend is unbounded.
const MAX_IN_FLIGHT: u64 = 16_384;
