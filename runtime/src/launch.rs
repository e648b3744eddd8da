//! The launch path: what a call of an annotated function does on the caller's side.

use std::panic::Location;

use crate::backend::Backend;
use crate::in_flight::InFlight;
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
    B: Backend + ?Sized,
    L: Fn() -> &'static Site + Send + 'static,
    W: Work,
    S: FnOnce(W::Output, InFlight) + Send + 'static,
{
    let mut in_flight = InFlight::begin(site(), Location::caller(), || backend.name());
    let admitted = in_flight.admit(limit);
    let mut task = Some(Task::new(in_flight, Launch { site, work, settle }));
    let refusal = match admitted {
        Ok(()) => {
            backend.offer(&mut task);
            None
        }
        Err(refusal) => Some(refusal),
    };
    if let Some(task) = task {
        act_on_refusal(task, refusal, backend, on_full, limit);
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
    B: Backend + ?Sized,
    L: Fn() -> &'static Site + Send + 'static,
    W: Work,
    S: FnOnce(W::Output, InFlight) + Send + 'static,
{
    let mut in_flight = InFlight::begin(site(), Location::caller(), || backend.name());
    let admitted = in_flight.admit(limit);
    let mut task = Some(Task::new(in_flight, Launch { site, work, settle }));
    let refusal = match admitted {
        Ok(()) => {
            backend.offer(&mut task);
            None
        }
        Err(refusal) => Some(refusal),
    };
    // The backend gave this very task back, so it has this type; if it had not, dropping it would report it.
    let Some((in_flight, launch)) = task.and_then(Task::into_launch::<L, W, S>) else {
        return Ok(());
    };
    in_flight.give_back(launch.work.give_back(), refusal.unwrap_or_else(by_backend))
}

/// What becomes of a refused launch whose caller does not get the arguments.
#[cold]
fn act_on_refusal<B: Backend + ?Sized>(
    task: Task,
    refusal: Option<Refusal>,
    backend: &'static B,
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
fn wait_for_room<B: Backend + ?Sized>(task: Task, backend: &'static B, limit: Option<usize>) {
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
