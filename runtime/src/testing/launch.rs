//! What expansions call while the feature `testing` is on: a launch first asks which mode its thread is in.
//!
//! The signatures are those of `launch/launch.rs`. These functions stand before those, so that the launch path does not
//! know of tests, and so that a build without the feature has no trace of them.

use std::any::Any;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::{fmt, thread};

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::Backend;
use crate::launch::launch as launching;
use crate::launch::on_full::{Consequence, OnFull};
use crate::launch::rejected::{Refusal, Rejected};
use crate::report::{self, Event, Report, line};
use crate::task::context::{self, Kept, run_anyway};
use crate::task::work::Work;
use crate::testing::launcher::Launched;
use crate::testing::missed;
use crate::testing::mode::{self, Action, Coverage};
use crate::testing::store::{Begun, Launch};
use crate::thread::body;
use crate::thread::nesting;
use crate::thread::unwind;

/// In place of [`launch`](crate::launch::launch::launch). Called by the expansion only.
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
    W::Args: 'static,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Body { work, settle }) {
        Intercepted::No(site, Body { work, settle }) => {
            launching::launch(site, backend, on_full, limit, work, settle);
        }
        Intercepted::Captured => {}
        Intercepted::Refused(refused, refusal) => refused.act_on_policy(on_full, refusal),
    }
}

/// In place of [`launch_or_reject`](crate::launch::launch::launch_or_reject). Called by the expansion only.
///
/// # Errors
///
/// If the launch is refused.
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
    W::Args: 'static,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    match intercept(site, Body { work, settle }) {
        Intercepted::No(site, Body { work, settle }) => {
            launching::launch_or_reject(site, backend, limit, work, settle)
        }
        Intercepted::Captured => Ok(()),
        Intercepted::Refused(refused, refusal) => give_back(refused.body.work.give_back(), refusal),
    }
}

/// A body with its arguments, and the function that turns its value into an end.
pub(super) struct Body<W, S> {
    pub(super) work: W,
    pub(super) settle: S,
}

/// What a launch does.
pub(super) enum Intercepted<L, B> {
    /// It runs as usual.
    No(L, B),
    /// A capture has it, or it was forbidden and dropped.
    Captured,
    /// A test refuses it.
    Refused(Refused<B>, Refusal),
}

/// A launch that a test refuses.
pub(super) struct Refused<B> {
    pub(super) body: B,
    site: &'static Site,
    launched_at: &'static Location<'static>,
}

/// Asks for the mode of this thread, and captures or forbids the launch. If no thread has a mode, this is one
/// load.
#[inline]
#[track_caller]
pub(super) fn intercept<L, B>(site: L, body: B) -> Intercepted<L, B>
where
    L: Fn() -> &'static Site,
    B: Arguments + Launch + 'static,
{
    if mode::is_used() {
        intercept_here(site, body)
    } else {
        Intercepted::No(site, body)
    }
}

#[cold]
#[track_caller]
fn intercept_here<L, B>(site: L, body: B) -> Intercepted<L, B>
where
    L: Fn() -> &'static Site,
    B: Arguments + Launch + 'static,
{
    let function = Launched::by::<L, B::Tuple>();
    let launched_at = Location::caller();
    // The site of the function, whatever backend it would have had.
    let of_function = site().function();
    let Some(mode) = mode::here(function, of_function) else {
        missed::note(function, of_function, launched_at);
        return Intercepted::No(site, body);
    };
    match &mode.action {
        Action::Capture(store) => {
            match store.push(function, of_function, launched_at, body) {
                Ok(()) => Intercepted::Captured,
                // Another thread has just ended the capture.
                Err(body) => Intercepted::No(site, body),
            }
        }
        &Action::Refuse(refusal) => {
            let refused = Refused {
                body,
                site: of_function,
                launched_at,
            };
            Intercepted::Refused(refused, refusal)
        }
        Action::Forbid => {
            // The arguments are dropped before the panic: a destructor that panics during an unwinding would abort the
            // process.
            discard(of_function, launched_at, body);
            fail(format_args!(
                "`{}` was launched, but `fire_and_forget::testing::{}` forbids it here",
                of_function.name(),
                match mode.coverage {
                    Coverage::Only(_) => "forbid_only",
                    Coverage::All | Coverage::Call => "forbid",
                }
            ));
            Intercepted::Captured
        }
    }
}

/// The arguments of a body, as a tuple.
pub(super) trait Arguments {
    type Tuple: 'static;
}

impl<B: Launch + 'static> Refused<B> {
    /// Does what `on_full` says, as for a real refusal, but outside the ledger.
    #[cold]
    #[track_caller]
    fn act_on_policy(self, on_full: OnFull, refusal: Refusal) {
        match on_full.consequence(refusal) {
            Consequence::Refuse(refusal) => self.drop_and_report(refusal),
            Consequence::RunInPlace => self.run(),
            Consequence::Wait => {
                discard(self.site, self.launched_at, self.body);
                fail(format_args!(
                    "`{}` has `on_full = \"block\"`: refused by `fire_and_forget::testing::refuse`, it would block forever",
                    self.site.name()
                ));
            }
        }
    }

    pub(super) fn drop_and_report(self, refusal: Refusal) {
        let Self {
            body,
            site,
            launched_at,
        } = self;
        let (_, context) = context::keep(|| discard(site, launched_at, body));
        let report = Report::new(site, launched_at, Event::Refused(refusal));
        emit(&report, context);
    }

    /// Only the body of a `fn` runs in its caller, and a `fn` does not wait.
    fn run(self) {
        let Self {
            body,
            site,
            launched_at,
        } = self;
        let _inside = body::enter(body::is_of_observer());
        if let Begun::Ended(end) = Box::new(body).begin(site, launched_at) {
            report(end, site, launched_at);
        }
    }
}

/// Drops a refused body, as a real refusal does: a panic of a destructor is caught and reported, and destructors that
/// launch are nested only as deep as the stack allows.
fn discard<B>(site: &'static Site, launched_at: &'static Location<'static>, body: B) {
    let in_flight = outside(site, launched_at);
    match nesting::enter(&in_flight) {
        Some(_nested) => in_flight.discard(body),
        None => mem::forget(body),
    }
}

/// Fails the test. If the thread is already panicking, a second panic would abort the process, so the text is only
/// printed.
#[track_caller]
fn fail(text: fmt::Arguments<'_>) {
    if thread::panicking() {
        line::note(text);
    } else {
        panic!("{text}");
    }
}

/// Returns the arguments to the caller.
pub(super) fn give_back<A>(args: Option<A>, refusal: Refusal) -> Result<(), Rejected<A>> {
    match args {
        Some(args) => Err(Rejected::new(args, refusal)),
        None => Ok(()),
    }
}

/// Reports how a body ended, unless it ended well, and returns the text of its error.
pub(super) fn report(
    end: End,
    site: &'static Site,
    launched_at: &'static Location<'static>,
) -> Option<String> {
    let (end, context) = match end {
        End::Within(ended) => (ended.end, ended.context),
        end => (Ok(end), None),
    };
    match end {
        Ok(End::Failed(text)) => {
            emit(
                &Report::new(site, launched_at, Event::Failed(&text)),
                context,
            );
            Some(*text)
        }
        Ok(_) => None,
        Err(panic) => unwind::resume(&panic),
    }
}

/// A panic in the scope of a context reaches the test.
fn emit(report: &Report<'_>, mut context: Option<Kept>) {
    let emit = || report::emit(report, body::is_of_observer());
    if let Some(panic) = run_anyway(&mut context, emit).also {
        unwind::resume(&panic);
    }
}

/// Makes a guard outside of the ledger. It is never dropped, because a drop would count an end.
pub(super) fn outside(
    site: &'static Site,
    launched_at: &'static Location<'static>,
) -> ManuallyDrop<InFlight> {
    ManuallyDrop::new(InFlight::of(site, launched_at).outside())
}

impl<W, S> Arguments for Body<W, S>
where
    W: Work,
    W::Args: 'static,
{
    type Tuple = W::Args;
}

impl<W, S> Launch for Body<W, S>
where
    W: Work,
    W::Args: 'static,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    fn into_arguments(self: Box<Self>) -> Option<Box<dyn Any>> {
        Some(Box::new(self.work.give_back()?))
    }

    fn begin(
        self: Box<Self>,
        site: &'static Site,
        launched_at: &'static Location<'static>,
    ) -> Begun<End> {
        let Self { work, settle } = *self;
        match work.begin() {
            Begun::Ended(value) => match settle(value, &outside(site, launched_at)) {
                #[cfg(feature = "durable")]
                End::Recorded(recorded) => {
                    crate::durable::run_in_a_test(recorded.record, move || {
                        outside(site, launched_at)
                    })
                }
                end => Begun::Ended(end),
            },
            Begun::Awaits(future) => Begun::Awaits(Box::pin(async move {
                settle(future.await, &outside(site, launched_at))
            })),
        }
    }
}
