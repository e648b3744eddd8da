//! The launch path: what a call of an annotated function does on the caller's side.

use std::panic::Location;

use crate::backend::Backend;
use crate::in_flight::InFlight;
use crate::load::Load;
use crate::outcome::End;
use crate::rejected::{Refusal, Rejected};
use crate::site::Site;
use crate::task::{Launch, Task};
use crate::work::Work;
use crate::{body, capacity, shutdown};

/// What a launch that the backend or the function's limit refuses does, when the launcher returns `()`.
#[derive(Debug, Clone, Copy)]
pub enum OnFull {
    /// It is dropped, counted and reported.
    Drop,
    /// It waits until there is room.
    Block,
    /// The caller runs the body.
    CallerRuns,
}

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
    let here = site();
    let load = Load::new(Launch { site, work, settle });
    let task = Some(Task::new(load, Location::caller()));
    launch_task(task, backend, on_full, limit, here);
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
    let here = site();
    let load = Load::returnable(Launch { site, work, settle });
    let mut task = Some(Task::new(load, Location::caller()));
    let refusal = offer(&mut task, backend, limit, here);
    // The backend gave this very task back, so it has this type; if it had not, dropping it would report it.
    let Some((in_flight, launch)) = task.and_then(Task::into_launch::<L, W, S>) else {
        return Ok(());
    };
    in_flight.give_back(launch.work.give_back(), refusal.unwrap_or_else(by_backend))
}

/// What all launchers share whose refused launches do not come back.
#[inline(never)]
fn launch_task(
    mut task: Option<Task>,
    backend: &'static dyn Backend,
    on_full: OnFull,
    limit: Option<usize>,
    site: &'static Site,
) {
    let refusal = offer(&mut task, backend, limit, site);
    if let Some(task) = task {
        act_on_refusal(task, refusal, backend, on_full, limit);
    }
}

/// Counts a launch and hands it to its backend; a refused one stays where it was. Returns why, unless the backend
/// knows.
#[inline]
fn offer(
    offered: &mut Option<Task>,
    backend: &'static dyn Backend,
    limit: Option<usize>,
    site: &'static Site,
) -> Option<Refusal> {
    let task = offered.as_mut()?;
    if let Err(refusal) = task.begin(site, backend, limit) {
        return Some(refusal);
    }
    backend.offer(offered);
    None
}

/// What becomes of a refused launch whose caller does not get the arguments.
#[cold]
fn act_on_refusal(
    task: Task,
    refusal: Option<Refusal>,
    backend: &'static dyn Backend,
    on_full: OnFull,
    limit: Option<usize>,
) {
    let refusal = refusal.unwrap_or_else(by_backend);
    match on_full {
        _ if refusal == Refusal::ShuttingDown => task.refuse(refusal),
        OnFull::Drop => task.refuse(refusal),
        OnFull::CallerRuns => task.run(),
        // Blocking a thread that runs bodies could wait for itself: pools that feed each other would deadlock.
        OnFull::Block if body::must_not_block() => task.run(),
        OnFull::Block => wait_for_room(task, backend, limit),
    }
}

/// Offers the task again whenever there may be room, until it is taken or the process shuts down.
fn wait_for_room(task: Task, backend: &'static dyn Backend, limit: Option<usize>) {
    let mut task = Some(task);
    capacity::wait_until(|| {
        let admitted = task.as_mut().map_or(Ok(()), |task| task.admit(limit));
        let refusal = match admitted {
            Ok(()) => {
                backend.offer(&mut task);
                by_backend()
            }
            Err(refusal) => refusal,
        };
        if refusal == Refusal::ShuttingDown
            && let Some(task) = task.take()
        {
            task.refuse(refusal);
        }
        task.is_none()
    });
}

/// Why a backend refuses.
fn by_backend() -> Refusal {
    if shutdown::has_ended() {
        Refusal::ShuttingDown
    } else {
        Refusal::Full
    }
}
