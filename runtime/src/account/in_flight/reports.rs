//! The reports of one launch: each is made in the span and in the context of the launch.

use super::guard::InFlight;
use super::span::launched_at;
use super::ticket::REPORTED;
use crate::report::report::Told;
use crate::report::{self, Event, Report};
#[cfg(feature = "durable")]
use crate::task::context::Ran;
use crate::task::context::{self, Kept, run_anyway};
use crate::thread::unwind::{self, Panic};

impl InFlight {
    /// Drops arguments that no body used. A panic of their destructors is caught and reported.
    pub(crate) fn discard<T>(&self, args: T) {
        if let Err(panic) = unwind::catch_to_report(|| self.in_span(|| drop(args))) {
            self.report_panic(&panic);
        }
    }

    /// Drops a body that never ran. If it had a context, the body is dropped and the loss reported in that context;
    /// the end of the launch then reports nothing more.
    pub(crate) fn give_up(&mut self, drop: impl FnOnce(), event: Event<'_>) {
        let (dropped, mut context) = context::keep(|| self.in_span(drop));
        if let Err(panic) = dropped {
            self.report_in(&mut context, (&panic).into());
        }
        if let Some(context) = context {
            self.report_within(context, event.into());
        }
    }

    /// Like [`discard`](Self::discard), in a context.
    #[cfg(feature = "durable")]
    pub(crate) fn discard_in<T>(&self, context: &mut Option<Kept>, args: T) {
        let Ran { result, also } = self.in_span(|| run_anyway(context, || drop(args)));
        for panic in result.err().iter().chain(&also) {
            self.report_in(context, panic.into());
        }
    }

    /// Reports the end of the launch in its context, and drops the context. The end itself then reports nothing more.
    #[cold]
    pub(crate) fn report_within(&mut self, context: Kept, told: Told<'_>) {
        if let Event::Refused(_) = told.event() {
            self.close_span();
        }
        let mut context = Some(context);
        let told = match told.event() {
            Event::Lost(loss) => self.lost_as(loss).map(Told::from),
            _ => Some(told),
        };
        if let Some(told) = told {
            self.report_in(&mut context, told);
        }
        self.ticket.set(REPORTED);
        self.discard(context);
    }

    /// Reports an event in a context.
    fn report_in(&self, context: &mut Option<Kept>, told: Told<'_>) {
        let mut also = None;
        self.report_by(told, |emit| also = run_anyway(context, emit).also);
        if let Some(panic) = also {
            self.report_panic(&panic);
        }
    }

    /// Reports a panic that does not decide the class of the launch: one in a destructor or in an error handler.
    pub(crate) fn report_panic(&self, panic: &Panic) {
        self.report(panic.into());
    }

    /// Reports the end, unless it has been reported in the context.
    pub(super) fn report_once(&self, told: Told<'_>) {
        if !self.ticket.has(REPORTED) {
            self.report(told);
        }
    }

    fn report(&self, told: Told<'_>) {
        self.report_by(told, |emit| emit());
    }

    fn report_by(&self, told: Told<'_>, call: impl FnOnce(&dyn Fn())) {
        launched_at(self.site, self.launched_at.into(), |place| {
            let report = Report::new(self.site, place, told);
            self.in_span(|| call(&|| report::emit(&report, self.is_of_observer())));
        });
    }
}
