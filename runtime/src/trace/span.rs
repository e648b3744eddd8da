//! The span of a launch and the dispatcher of its caller (feature `tracing`), which travel to the thread that runs the
//! body.

use tracing::Dispatch;
use tracing::dispatcher::{self, DefaultGuard};
use tracing::field::ValueSet;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::NoSubscriber;
use tracing_core::dispatcher::get_current;

use crate::account::site::Site;
use crate::report::place::Place;
use crate::thread::unwind;
use crate::trace::origin::Trace;
#[cfg(feature = "durable")]
use crate::trace::propagation::{self, Remote};

/// The span of a launch; `None` if no subscriber was set when it was launched.
#[derive(Debug)]
pub(crate) struct Traced(Option<Box<Context>>);

impl Traced {
    pub(crate) const NOT: Self = Self(None);

    /// Opens the span of a launch on the thread of its caller, unless it is open or no subscriber listens.
    ///
    /// If no subscriber has ever been set, this is one load of a word that no thread writes.
    #[inline]
    pub(crate) fn open(&mut self, site: &'static Site, launched_at: Place<'_>) {
        if dispatcher::has_been_set() && self.0.is_none() {
            self.0 = Context::of_launch(site, launched_at);
        }
    }

    /// Opens the span of a job, whose caller's span is described: the launch was made by another process, or earlier
    /// in this one.
    #[cfg(feature = "durable")]
    pub(crate) fn open_of_job(
        &mut self,
        site: &'static Site,
        launched_at: Place<'_>,
        launched_in: Option<&str>,
    ) {
        if dispatcher::has_been_set() && self.0.is_none() {
            self.0 = Context::of_job(site, launched_at, launched_in.and_then(Remote::new));
        }
    }

    /// Returns the description of the span in which a durable function was launched.
    #[cfg(feature = "durable")]
    pub(crate) fn launched_in(&self) -> Option<&str> {
        self.0.as_ref()?.launched_in.as_deref()
    }

    /// Enters the span and its dispatcher until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        self.0.as_deref().map(Entered::new)
    }

    /// Closes the span, if nothing else holds it.
    #[inline]
    pub(crate) fn close(&mut self) {
        if let Some(context) = self.0.take() {
            close(context);
        }
    }

    pub(crate) fn take(&mut self) -> Self {
        Self(self.0.take())
    }
}

/// Closes the span, and drops the dispatcher, which may drop a subscriber. See [`Traced::close`].
#[inline(never)]
fn close(context: Box<Context>) {
    let _ = unwind::catch(|| drop(context));
}

#[derive(Debug)]
struct Context {
    dispatch: Dispatch,
    /// `None` if the function has no span, or the subscriber does not want it.
    span: Option<Id>,
    /// The description of the caller's span, for the process that runs the job.
    #[cfg(feature = "durable")]
    launched_in: Option<Box<str>>,
}

impl Context {
    /// Opens the span of a launch that this thread makes.
    #[cold]
    #[inline(never)]
    fn of_launch(site: &'static Site, launched_at: Place<'_>) -> Option<Box<Self>> {
        let context = Self::new(site, |trace| open(trace, site, launched_at));
        #[cfg(feature = "durable")]
        let context = context.map(|mut context| {
            context.launched_in = propagation::describe(site);
            context
        });
        context
    }

    /// Opens the span of a job that was launched elsewhere.
    #[cfg(feature = "durable")]
    #[cold]
    #[inline(never)]
    fn of_job(
        site: &'static Site,
        launched_at: Place<'_>,
        callers: Option<Remote<'_>>,
    ) -> Option<Box<Self>> {
        let context = Self::new(site, |trace| match (trace, callers) {
            (Trace::Child, Some(callers)) => {
                callers.open_as_child(|| open(trace, site, launched_at))
            }
            _ => open(trace, site, launched_at),
        })?;
        if let (Trace::Follows, Some(callers), Some(_)) =
            (site.origin().trace, callers, &context.span)
        {
            let _entered = Entered::new(&context);
            callers.link();
        }
        Some(context)
    }

    /// Opens the span. A panic of the subscriber is caught, so that no launch fails because of it.
    fn new(site: &'static Site, open: impl FnOnce(Trace) -> Option<Opened>) -> Option<Box<Self>> {
        if LevelFilter::current() == LevelFilter::OFF {
            return None;
        }
        let Opened { dispatch, span } = unwind::catch(|| open(site.origin().trace)).ok()??;
        Some(Box::new(Self {
            dispatch,
            span,
            #[cfg(feature = "durable")]
            launched_in: None,
        }))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            // The registry closes parent spans through the default dispatcher of the thread, so it must be this one.
            let default = set_default(&self.dispatch);
            // Caught by itself: the drop of the dispatcher, which comes next, may panic, too.
            let _ = unwind::catch(|| self.dispatch.try_close(span));
            let _ = unwind::catch(|| drop(default));
        }
    }
}

/// Makes the dispatcher the default of this thread; `None` inside a callback of a subscriber, where `tracing` has the
/// default borrowed.
fn set_default(dispatch: &Dispatch) -> Option<DefaultGuard> {
    // Inside a callback, `set_default` would panic: the hook would print that, and `tracing` would forget that it is
    // inside.
    get_current(|_| ())?;
    // The check above is skipped while no thread has a default of its own, so a callback may go unnoticed: then the
    // panic is caught.
    unwind::catch(|| dispatcher::set_default(dispatch)).ok()
}

/// The dispatcher of a span, and the span, if there is one.
struct Opened {
    dispatch: Dispatch,
    span: Option<Id>,
}

/// Opens a span on the dispatcher of this thread; `None` if there is none.
///
/// Dispatcher and parent span are read in one call: the default may change between two calls, inside a callback for
/// example, and a dispatcher does not know the spans of another.
fn open(trace: Trace, site: &'static Site, launched_at: Place<'_>) -> Option<Opened> {
    // This check comes first: without a subscriber on this thread, other subscribers must not be asked about the
    // callsite.
    if dispatcher::get_default(Dispatch::is::<NoSubscriber>) {
        return None;
    }
    let wanted = match trace {
        Trace::Off => None,
        Trace::Follows | Trace::Child | Trace::Root => {
            let callsite = &site.callsites().span;
            unwind::catch(|| callsite.wanted()).ok().flatten()
        }
    };
    dispatcher::get_default(|dispatch| {
        if dispatch.is::<NoSubscriber>() {
            return None;
        }
        // Each step is caught by itself: a panic would drop the dispatcher, and perhaps the subscriber, while
        // unwinding.
        let span = wanted.and_then(|wanted| {
            let new_span = |metadata, values: &ValueSet<'_>| {
                dispatch.new_span(&match trace {
                    Trace::Child => Attributes::new(metadata, values),
                    Trace::Follows | Trace::Root | Trace::Off => {
                        Attributes::new_root(metadata, values)
                    }
                })
            };
            let open = || wanted.tell(dispatch, site.backend(), launched_at, None, new_span);
            unwind::catch(open).ok().flatten()
        });
        if let (Trace::Follows, Some(span)) = (trace, &span) {
            let _ = unwind::catch(|| {
                if let Some(callers) = dispatch.current_span().id() {
                    dispatch.record_follows_from(span, callers);
                }
            });
        }
        Some(Opened {
            dispatch: dispatch.clone(),
            span,
        })
    })
}

/// The span is entered while this exists. See [`Traced::enter`].
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    context: &'a Context,
    /// Restores the default dispatcher when it is dropped, after the span has been exited.
    default: Option<DefaultGuard>,
}

impl<'a> Entered<'a> {
    #[inline(never)]
    fn new(context: &'a Context) -> Self {
        let default = set_default(&context.dispatch);
        if let Some(span) = &context.span {
            let _ = unwind::catch(|| context.dispatch.enter(span));
        }
        Self { context, default }
    }
}

impl Drop for Entered<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Some(span) = &self.context.span {
            let _ = unwind::catch(|| self.context.dispatch.exit(span));
        }
        // Dropping the default may drop the last reference to a subscriber that the code has set, and this thread may
        // be unwinding: so it is caught.
        let default = self.default.take();
        let _ = unwind::catch(|| drop(default));
    }
}
