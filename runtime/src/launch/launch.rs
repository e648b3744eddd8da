//! The launch path: what a call of an annotated function does on the caller's side.

use std::panic::Location;

use crate::account::in_flight::{InFlight, Ticket};
use crate::account::outcome::End;
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
///
/// Each launcher has a copy of what is in here, so that is only what depends on the types of its function.
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
/// When the launch is refused.
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
    // The backend gave this very task back, so it has this type; if it had not, dropping it would report it.
    let Some((in_flight, launch)) = task.and_then(Task::into_body::<Launch<L, W, S>>) else {
        return Ok(());
    };
    in_flight.give_back(launch.work.give_back(), refusal)
}

/// Launches a `fn` that is a daemon again. Called by the expansion only.
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

/// What a daemon is launched with again, beside its body.
pub(crate) struct Start<B: 'static, L, S> {
    pub(crate) site: L,
    pub(crate) backend: &'static B,
    pub(crate) limit: Option<usize>,
    pub(crate) settle: S,
    pub(crate) launched_at: &'static Location<'static>,
}

/// Launches a body again; if it is refused, that is reported, and tried once more later.
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

/// Counts a launch, and makes its task where a worker will read it. Returns the task instead, if it may not go on, or if
/// its backend has no place for it at once.
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

/// See [`place`]; the body fits, or is a box.
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
    // Until the place is filled, nothing may panic, and no code of the user's may run: not even a global allocator.
    let task = Task::new(ErasedBody::new(body, is_returnable), launched_at, ticket);
    let Some(vacant) = vacant else {
        return Some(task);
    };
    vacant.fill(task);
    backend.filled();
    None
}

/// Counts a launch, and claims a place for its task if it may go on and its backend has one at once.
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

/// Counts the launch of a daemon. It is offered to its backend, which may have no thread of its own for it.
fn begin_daemon(
    site: &'static Site,
    launched_at: &'static Location<'static>,
    backend: &'static dyn Backend,
) -> Ticket {
    let mut in_flight = InFlight::of(site, launched_at);
    in_flight.begin(&|| on(backend));
    let mut ticket = in_flight.into_ticket();
    ticket.mark_as_daemon();
    ticket
}

fn on(backend: &'static dyn Backend) -> On {
    On {
        name: backend.name(),
        queue: backend
            .room(ByLauncher::new())
            .map_or(Queue::Unknown, Queue::Of),
    }
}

/// Offers a task that has no place yet, and sees to what becomes of it if it is refused.
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

/// What becomes of a refused launch whose caller does not get the arguments.
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
        // It would wait for ever.
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

/// Offers the task again whenever there may be room, until it is taken or the process shuts down.
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

/// Offers a task to its backend if it may go on. Where it stays, returns why it is refused.
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

/// Why a backend refuses.
fn by_backend(task: Option<&Task>) -> Refusal {
    if phase::has_ended() {
        Refusal::ShuttingDown
    } else if task.is_some_and(Task::is_without_a_thread) {
        Refusal::NoThread
    } else {
        Refusal::Full
    }
}
