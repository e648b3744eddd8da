//! The span of a launch, and the dispatcher of its caller (feature `tracing`): both travel to where the body runs.

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

/// What of a launch is traced; nothing, where nobody listened when it was launched.
#[derive(Debug)]
pub(crate) struct Traced(Option<Box<Context>>);

impl Traced {
    pub(crate) const NOT: Self = Self(None);

    /// Opens the span of a launch that its caller's thread is making, if that has not been done and somebody listens.
    ///
    /// Where no subscriber has ever been set, this is one look at a word that nobody writes.
    #[inline]
    pub(crate) fn open(&mut self, site: &'static Site, launched_at: Place<'_>) {
        if dispatcher::has_been_set() && self.0.is_none() {
            self.0 = Context::of_launch(site, launched_at);
        }
    }

    /// Opens the span of a job that was launched by another process, or in the past of this one, where its caller's span was
    /// described.
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

    /// Describes the span that a launch was made in, if it is of a durable function.
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

/// See [`Traced::close`]. A subscriber may go away here, too.
#[inline(never)]
fn close(context: Box<Context>) {
    let _ = unwind::catch(|| drop(context));
}

#[derive(Debug)]
struct Context {
    dispatch: Dispatch,
    /// None: the function has none, or the subscriber does not want it.
    span: Option<Id>,
    /// That of the caller of a durable function, for another process.
    #[cfg(feature = "durable")]
    launched_in: Option<Box<str>>,
}

impl Context {
    /// That of a launch which this thread is making.
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

    /// That of a job, which was launched in the span of another process.
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

    /// The subscriber is code of the user's: a panic in it harms no launch.
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
            // The registry closes the parents of a span with the default of the thread.
            let default = set_default(&self.dispatch);
            // By itself: the drop of the dispatch, which comes next, may panic, too.
            let _ = unwind::catch(|| self.dispatch.try_close(span));
            let _ = unwind::catch(|| drop(default));
        }
    }
}

/// Makes it the default of this thread; not inside a callback of a subscriber, where `tracing` has it borrowed.
fn set_default(dispatch: &Dispatch) -> Option<DefaultGuard> {
    // None there: what comes next would panic, which would be printed, and would make `tracing` forget that it is in a
    // callback, from which a subscriber is not called again.
    get_current(|_| ())?;
    // While no thread has a default of its own, it is not asked whether this one is in a callback; and the last of them may
    // have gone since that began. Nothing tells the two apart, so that panic is caught.
    unwind::catch(|| dispatcher::set_default(dispatch)).ok()
}

/// A span, if there is to be one and the subscriber wants it, and the dispatcher that has it.
struct Opened {
    dispatch: Dispatch,
    span: Option<Id>,
}

/// Opens a span on the dispatcher of this thread. None if it has none.
///
/// The two are taken at once: from one call to the next, what `tracing` says is the default may change, inside a callback of
/// a subscriber for example, and one dispatcher knows nothing of another's spans.
fn open(trace: Trace, site: &'static Site, launched_at: Place<'_>) -> Option<Opened> {
    // First: subscribers are not asked about a function that is launched where there is none, while one is made for example.
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
        // By itself, as all that follows: a panic would otherwise drop the dispatch, and with it perhaps a subscriber.
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

/// See [`Traced::enter`].
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    context: &'a Context,
    /// What was the default before is so again once this is dropped: after the span has been left.
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
        // The code may have set another default, whose last place this was; and it may be unwinding.
        let default = self.default.take();
        let _ = unwind::catch(|| drop(default));
    }
}
