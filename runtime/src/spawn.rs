//! The launch path of an `async fn` that becomes a task.

use std::panic::Location;

use crate::backend::{Backend, Executor};
use crate::in_flight::InFlight;
use crate::launch::Start;
use crate::load::future::{LoadedFuture, Settled, fits};
use crate::nesting;
use crate::outcome::End;
use crate::rejected::{Refusal, Rejected};
use crate::restart::{AsyncRestarting, Refused};
use crate::site::{On, Queue, Site};
use crate::supervised::Supervised;
use crate::work::MakeFuture;

/// Launches an `async fn` as a task. Called by the expansion only.
///
/// The compiler shows the line of the bound to whoever holds something across an `.await` that is not `Send`.
#[inline]
#[track_caller]
pub fn spawn<E, M, S>(
    site: impl FnOnce() -> &'static Site,
    executor: &'static E,
    limit: Option<usize>,
    body: M,
    settle: S,
) where
    E: Executor,
    M: MakeFuture,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let launched_at = Location::caller();
    let in_flight = || InFlight::of(site(), launched_at);
    make_and_start(executor, body, settle, in_flight, Admission::Ask(limit));
}

/// Launches an `async fn` as a task; a refusal gives the arguments back. Called by the expansion only.
///
/// # Errors
///
/// When the launch is refused.
#[inline]
#[track_caller]
pub fn spawn_or_reject<E, M, S>(
    site: impl FnOnce() -> &'static Site,
    executor: &'static E,
    limit: Option<usize>,
    body: M,
    settle: S,
) -> Result<(), Rejected<M::Args>>
where
    E: Executor,
    M: MakeFuture,
    M::Future: Send + 'static, // with `backend = "pool"` or `"thread"`, it need not be `Send`
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    let mut in_flight = InFlight::of(site(), Location::caller());
    match begin(&mut in_flight, executor, limit).and_then(|()| has_stack(&in_flight)) {
        Ok(()) => {
            make_and_start(executor, body, settle, || in_flight, Admission::Given);
            Ok(())
        }
        Err(refusal) => in_flight.give_back(body.give_back(), refusal),
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
    let mut in_flight = InFlight::of(site(), launched_at);
    match begin(&mut in_flight, backend, limit) {
        Ok(()) => make_and_start(backend, it, settle, || in_flight, Admission::Given),
        Err(refusal) => {
            in_flight.refused(refusal);
            it.retry_later();
        }
    }
}

/// May the launch go on?
enum Admission {
    /// It has been counted, and may.
    Given,
    /// It is to be counted and asked, with the function's limit.
    Ask(Option<usize>),
}

/// Makes a future where it stays, if it is large: each time it is moved, without optimizations, it is on the stack once
/// more.
#[inline]
fn make_and_start<E, M, S>(
    executor: &'static E,
    body: M,
    settle: S,
    in_flight: impl FnOnce() -> InFlight,
    admission: Admission,
) where
    E: Executor,
    M: MakeFuture,
    M::Future: Send + 'static,
    S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
{
    if const { size_of::<M::Future>() > LARGE } {
        let future = Box::pin(body.make());
        start(executor, future, settle, in_flight(), admission);
    } else {
        let future = body.make();
        start(executor, future, settle, in_flight(), admission);
    }
}

/// Launches a future in a room: of a few sizes, such that a task, which tokio rounds up to a multiple of 128 bytes, is
/// no larger than it would be without. Where none fits, the future has one of its own.
///
/// The smallest is less: what tokio moves of a task is then 128 bytes, which the compiler still moves without a call.
#[inline]
fn start<E, F, S>(
    executor: &'static E,
    future: F,
    settle: S,
    in_flight: InFlight,
    admission: Admission,
) where
    E: Executor,
    F: Future + Send + 'static,
    S: Fn(F::Output, &InFlight) -> End + Send + 'static,
{
    let future = Settled { future, settle };
    macro_rules! first_that_fits {
        ($($words:literal)*) => {
            $(
                if const { fits::<Settled<F, S>, [usize; $words - TRAVELLERS]>() } {
                    let future = LoadedFuture::<[usize; $words - TRAVELLERS]>::new(future);
                    return launch(executor, Supervised::new(future, in_flight), admission);
                }
            )*
        };
    }
    first_that_fits!(11 15 31 47 63 79 95 111 127);
    let future = LoadedFuture::<Settled<F, S>>::new(future);
    launch(executor, Supervised::new(future, in_flight), admission);
}

/// What all launchers of an executor share whose futures have the same room.
#[inline(never)]
fn launch<E, P>(executor: &'static E, mut supervised: Supervised<P>, admission: Admission)
where
    E: Executor,
    P: Send + 'static,
{
    let admitted = match (admission, supervised.launch()) {
        (Admission::Ask(limit), Some(in_flight)) => {
            begin(in_flight, executor, limit).and_then(|()| has_stack(in_flight))
        }
        (Admission::Given, _) | (_, None) => Ok(()),
    };
    match admitted {
        Ok(()) => executor.take_on(supervised),
        Err(refusal) => supervised.refuse(refusal),
    }
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
    in_flight.admit_roughly(limit, MAX_IN_FLIGHT)
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

/// Bytes. Tokio itself boxes futures of more than 16 KiB.
const LARGE: usize = 4096;

/// The words that a ticket has besides its own: the rooms are smaller by so many, and tasks of the same size.
const TRAVELLERS: usize = cfg!(feature = "metrics") as usize + cfg!(feature = "tracing") as usize;

/// In flight per function, where `max_in_flight` says nothing: no backend is unbounded.
const MAX_IN_FLIGHT: u64 = 16_384;
