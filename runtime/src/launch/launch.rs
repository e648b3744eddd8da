//! The launch path: what a call of an annotated function does on the caller's side.
//!
//! `begin` counts the launch in the ledger, checks whether it is admitted (shutdown, `max_in_flight`), and claims a slot
//! of the backend's queue. With a slot, the caller writes the task straight into it (`place`). Without one, the task is
//! made on the caller's stack and given to `Backend::offer`, which takes it or leaves it; what is left is refused as
//! `on_full` says. A claimed slot must be filled: the workers wait for it, so no code of the user's may run, and nothing
//! may panic, between the claim and the fill.
//!
//! Generic functions here are compiled once for each launcher, so they hold only what depends on the types of the function;
//! all else is behind `&dyn Backend`. A launcher so takes 410 bytes of machine code, and not 1,000.

use std::panic::Location;

use crate::account::end::End;
use crate::account::in_flight::{DAEMON, InFlight, Ticket};
use crate::account::site::{On, Queue, Site};
use crate::backend::{Backend, ByLauncher};
use crate::launch::on_full::{Consequence, OnFull};
use crate::launch::rejected::{Refusal, Rejected};
use crate::launch::restart::{Refused, Restarting};
use crate::queue::capacity::{self, Attempt};
use crate::queue::ring::Vacant;
use crate::stop::phase;
use crate::task::erased::launch::Launch;
use crate::task::erased::{self, Body, ErasedBody};
use crate::task::task::Task;
use crate::task::work::Work;

/// Launches a body on a backend. Called by the expansion only.
#[inline]
#[track_caller]
pub fn launch<B, L, W, S>(
    site: L,
    backend: &'static B,
    on_full: OnFull,
    limit: Option<usize>,
    work: W,
    settle: S,
) where
    B: Backend,
    L: Fn() -> &'static Site + Send + 'static,
    W: Work,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    let unplaced = place(Launch { site, work, settle }, false, backend, limit);
    if unplaced.is_some() {
        offer(unplaced, backend, on_full, limit);
    }
}

/// Launches a body on a backend; a refusal gives the arguments back. Called by the expansion only.
///
/// # Errors
///
/// Returns the arguments and the reason if the launch is refused.
#[inline]
#[track_caller]
pub fn launch_or_reject<B, L, W, S>(
    site: L,
    backend: &'static B,
    limit: Option<usize>,
    work: W,
    settle: S,
) -> Result<(), Rejected<W::Args>>
where
    B: Backend,
    L: Fn() -> &'static Site + Send + 'static,
    W: Work,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    let mut task = place(Launch { site, work, settle }, true, backend, limit);
    if task.is_none() {
        return Ok(());
    }
    let refusal = try_to_offer(&mut task, backend, limit);
    // The backend left the task it was offered, so its body has this type. A task of another type would be dropped here,
    // which reports it as lost.
    let Some((in_flight, launch)) = task.and_then(Task::into_body::<Launch<L, W, S>>) else {
        return Ok(());
    };
    in_flight.give_back(launch.work.give_back(), refusal)
}

/// Launches a `fn` daemon again. Called by the expansion only.
pub fn launch_again<W, B, L, S>(it: Restarting<W, B, L, S>)
where
    W: Work + Clone,
    B: Backend,
    L: Fn() -> &'static Site + Clone + Send + 'static,
    S: FnOnce(<Restarting<W, B, L, S> as Work>::Output, &InFlight) -> End + Clone + Send + 'static,
{
    let start = it.start();
    start_again(start, it);
}

/// What a daemon is launched again with, except its body.
pub(crate) struct Start<B: 'static, L, S> {
    pub(crate) site: L,
    pub(crate) backend: &'static B,
    pub(crate) limit: Option<usize>,
    pub(crate) settle: S,
    pub(crate) launched_at: &'static Location<'static>,
}

/// Launches a daemon's body again. Reports a refusal, and schedules another attempt.
pub(crate) fn start_again<B, L, W, S>(start: Start<B, L, S>, work: W)
where
    B: Backend,
    L: Fn() -> &'static Site + Send + 'static,
    W: Work + Refused,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    let Start {
        site,
        backend,
        limit,
        settle,
        launched_at,
    } = start;
    let launch = Launch { site, work, settle };
    let ticket = begin_daemon(erased::site(&launch), launched_at, backend);
    let mut task = Some(Task::new(
        ErasedBody::anywhere(launch, true),
        launched_at,
        ticket,
    ));
    let refusal = try_to_offer(&mut task, backend, limit);
    if let Some((in_flight, launch)) = task.and_then(Task::into_body::<Launch<L, W, S>>) {
        in_flight.refused(refusal);
        launch.work.retry_later();
    }
}

/// Counts a launch, and writes its task into a slot of the backend's queue.
///
/// Returns the task instead if the launch is not admitted, or if the backend has no free slot.
#[inline]
#[track_caller]
fn place<B: Backend, T: Body>(
    body: T,
    is_returnable: bool,
    backend: &'static B,
    limit: Option<usize>,
) -> Option<Task> {
    if const { erased::fits::<T>() } {
        place_as_it_is(body, is_returnable, backend, limit)
    } else {
        place_as_it_is(Box::new(body), is_returnable, backend, limit)
    }
}

/// Does the work of [`place`] for a body that fits into a task; a box does.
#[inline]
#[track_caller]
fn place_as_it_is<B: Backend, T: Body>(
    body: T,
    is_returnable: bool,
    backend: &'static B,
    limit: Option<usize>,
) -> Option<Task> {
    let launched_at = Location::caller();
    let (ticket, vacant) = if const { T::IS_DAEMON } {
        let ticket = begin_daemon(erased::site(&body), launched_at, backend);
        (ticket, None)
    } else {
        begin(erased::site(&body), launched_at, backend, limit)
    };
    // `begin` may have claimed a slot, for which workers wait. Until `fill`, nothing may panic and no code of the user's
    // may run, not even a global allocator.
    let task = Task::new(ErasedBody::new(body, is_returnable), launched_at, ticket);
    let Some(vacant) = vacant else {
        return Some(task);
    };
    vacant.fill(task);
    backend.filled();
    None
}

/// Counts a launch, and claims a slot for its task if the launch is admitted and the backend has a free one.
///
/// Counts first and then reads the phase of the shutdown; a shutdown writes the phase and then reads the counts, all
/// `SeqCst`. So the launch is refused, or the shutdown waits for it.
#[inline(never)]
fn begin(
    site: &'static Site,
    launched_at: &'static Location<'static>,
    backend: &'static dyn Backend,
    limit: Option<usize>,
) -> (Ticket, Option<Vacant<'static, Task>>) {
    let mut in_flight = InFlight::of(site, launched_at);
    in_flight.begin(&|| on(backend));
    let admitted = in_flight.admit(limit);
    let vacant = admitted
        .ok()
        .and_then(|()| backend.claim(ByLauncher::new()));
    (in_flight.into_ticket(), vacant)
}

/// Counts the launch of a daemon. Claims no slot: a daemon goes through `Backend::offer`, where a backend that has no
/// thread of its own for it refuses it.
fn begin_daemon(
    site: &'static Site,
    launched_at: &'static Location<'static>,
    backend: &'static dyn Backend,
) -> Ticket {
    let mut in_flight = InFlight::of(site, launched_at);
    in_flight.begin(&|| on(backend));
    let mut ticket = in_flight.into_ticket();
    ticket.set(DAEMON);
    ticket
}

/// Describes the backend for the function's site.
fn on(backend: &'static dyn Backend) -> On {
    On {
        name: backend.name(),
        queue: backend
            .room(ByLauncher::new())
            .map_or(Queue::Unknown, Queue::Of),
    }
}

/// Offers a task that has no slot, and applies `on_full` if it is refused.
#[cold]
#[inline(never)]
fn offer(
    mut task: Option<Task>,
    backend: &'static dyn Backend,
    on_full: OnFull,
    limit: Option<usize>,
) {
    let refusal = try_to_offer(&mut task, backend, limit);
    if let Some(task) = task {
        act_on_refusal(task, refusal, backend, on_full, limit);
    }
}

/// Drops, retries or runs a refused launch, as `on_full` says. Not for `"reject"`, which returns the arguments.
#[cold]
fn act_on_refusal(
    task: Task,
    refusal: Refusal,
    backend: &'static dyn Backend,
    on_full: OnFull,
    limit: Option<usize>,
) {
    match on_full.consequence(refusal) {
        Consequence::Refuse(refusal) => task.refuse(refusal),
        // With a limit of 0 there is never room, so the wait would have no end.
        Consequence::Wait if refusal == Refusal::MaxInFlight && limit == Some(0) => {
            task.refuse(refusal);
        }
        Consequence::Wait => wait_for_room(task, backend, limit),
        Consequence::RunInPlace => match backend.refuses_in_place(ByLauncher::new()) {
            Some(refusal) => task.refuse(refusal),
            None => task.run_in_place(),
        },
    }
}

/// Blocks the caller, and offers the task again whenever there may be room, until the backend takes it or the process shuts
/// down.
fn wait_for_room(task: Task, backend: &'static dyn Backend, limit: Option<usize>) {
    let site = task.site();
    let mut task = Some(task);
    capacity::wait_until_over(|| {
        let refusal = try_to_offer(&mut task, backend, limit);
        if refusal == Refusal::ShuttingDown
            && let Some(task) = task.take()
        {
            task.refuse(refusal);
        }
        if task.is_none() {
            Attempt::Over
        } else if refusal == Refusal::MaxInFlight {
            Attempt::Full(site.and_then(|site| Some((site.room(), Some(site.permit(limit?))))))
        } else {
            Attempt::Full(backend.room(ByLauncher::new()).map(|room| (room, None)))
        }
    });
}

/// Offers a task to its backend if the launch is admitted.
///
/// Leaves `task` empty if the backend took it; the returned reason means something only if the task is left.
fn try_to_offer(
    task: &mut Option<Task>,
    backend: &'static dyn Backend,
    limit: Option<usize>,
) -> Refusal {
    let admitted = task.as_mut().map_or(Ok(()), |task| task.admit(limit));
    if let Err(refusal) = admitted {
        return refusal;
    }
    backend.offer(task);
    by_backend(task.as_ref())
}

/// Names the reason for which a backend left the task.
fn by_backend(task: Option<&Task>) -> Refusal {
    if phase::has_ended() {
        Refusal::ShuttingDown
    } else if task.is_some_and(Task::is_without_a_thread) {
        Refusal::NoThread
    } else {
        Refusal::Full
    }
}
