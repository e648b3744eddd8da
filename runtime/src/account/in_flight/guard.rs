//! The guard of one launch: as long as it exists, the launch is in flight.

use std::mem::{self, ManuallyDrop};
use std::panic::Location;

use super::ticket::{OF_OBSERVER, OUTSIDE, PASSED_ON, PERMIT, STARTED, Ticket};
use crate::account::class::Class;
use crate::account::end::{End, Ended};
use crate::account::site::{On, Site};
use crate::launch::rejected::{Refusal, Rejected};
#[cfg(feature = "metrics")]
use crate::report::meters::{self, Time};
use crate::report::report::Told;
use crate::report::{Event, Loss};
use crate::stop::phase;
use crate::thread::body;
use crate::thread::unwind::Panic;

/// The guard of one launch that has not ended.
///
/// Each consuming method ends the launch in one class; dropping the guard ends it as lost. The guard travels inside
/// the task or the future, so a launch is counted even if a runtime or a backend drops it.
#[derive(Debug)]
pub struct InFlight {
    pub(super) site: &'static Site,
    pub(super) launched_at: &'static Location<'static>,
    pub(super) ticket: Ticket,
}

impl InFlight {
    /// Makes the guard of a launch. The caller must call [`begin`](Self::begin) next, with nothing in between.
    ///
    /// It is separate from `begin` so that the guard is built in its final place: each move by a caller would be code
    /// in every launcher.
    #[inline]
    pub(crate) fn of(site: &'static Site, launched_at: &'static Location<'static>) -> Self {
        Self::from_parts(site, launched_at, Ticket::NONE)
    }

    /// Counts the launch.
    #[inline]
    pub(crate) fn begin(&mut self, backend: &dyn Fn() -> On) {
        self.ticket.begin(self.site.launch(backend));
        #[cfg(feature = "metrics")]
        if self.ticket.since.is_known() {
            meters::launched(self.site);
        }
    }

    /// Moves the launch into a new guard. The guard that is left behind no longer stands for it.
    #[inline]
    pub(crate) fn pass_on(&mut self) -> Self {
        let ticket = self.ticket.take();
        self.ticket.set(PASSED_ON);
        Self::from_parts(self.site, self.launched_at, ticket)
    }

    /// Takes the guard apart. The caller must keep the ticket: it now stands for the launch.
    #[inline]
    pub(crate) fn into_ticket(self) -> Ticket {
        ManuallyDrop::new(self).ticket.take()
    }

    #[inline]
    pub(crate) fn from_parts(
        site: &'static Site,
        launched_at: &'static Location<'static>,
        ticket: Ticket,
    ) -> Self {
        Self {
            site,
            launched_at,
            ticket,
        }
    }

    /// Asks whether the launch may go on to its backend. It may not while the process shuts down, or above the
    /// function's limit. An admitted launch gets its span here.
    #[inline]
    pub(crate) fn admit(&mut self, limit: Option<usize>) -> Result<(), Refusal> {
        self.may_go_on(limit)?;
        self.open_span();
        Ok(())
    }

    #[inline]
    fn may_go_on(&mut self, limit: Option<usize>) -> Result<(), Refusal> {
        if !phase::admits(body::may_launch_on) {
            return Err(Refusal::ShuttingDown);
        }
        if let Some(limit) = limit
            && !self.ticket.has(PERMIT)
        {
            if !self.site.try_acquire(limit) {
                return Err(Refusal::MaxInFlight);
            }
            self.ticket.set(PERMIT);
        }
        Ok(())
    }

    /// Like [`admit`](Self::admit), for a function without a limit, on a backend that has no other bound. The bound
    /// may be exceeded by launches that race for the last place.
    #[inline]
    pub(crate) fn admit_roughly(
        &mut self,
        limit: Option<usize>,
        bound: u64,
    ) -> Result<(), Refusal> {
        self.may_go_on(limit)?;
        if limit.is_some() || self.site.has_room(self.ticket.number(), bound) {
            self.open_span();
            Ok(())
        } else {
            Err(Refusal::MaxInFlight)
        }
    }

    /// Notes that the body is about to run. If the guard is dropped after this, the launch was interrupted.
    pub(crate) fn start(&mut self) {
        #[cfg(feature = "metrics")]
        if self.ticket.since.is_known() {
            let now = Time::now();
            meters::began(self.site, self.ticket.since, now);
            self.ticket.since = now;
        }
        self.ticket.set(STARTED);
    }

    /// Marks a launch that a test runs: no ledger counts it, and its panics reach the test.
    #[cfg(feature = "testing")]
    pub(crate) fn outside(mut self) -> Self {
        self.ticket.set(OUTSIDE);
        self
    }

    pub(crate) fn is_outside(&self) -> bool {
        self.ticket.has(OUTSIDE)
    }

    /// Returns whether an observer launched it, directly or through other launches. Its reports go to standard error: an
    /// observer that is told of its own launches could launch again, without an end.
    pub(crate) fn is_of_observer(&self) -> bool {
        self.ticket.has(OF_OBSERVER)
    }

    pub(crate) fn site(&self) -> &'static Site {
        self.site
    }

    pub(crate) fn function(&self) -> &'static str {
        self.site.name()
    }

    #[cfg(feature = "durable")]
    pub(crate) fn launched_at(&self) -> &'static Location<'static> {
        self.launched_at
    }

    /// Returns whether the body has begun.
    pub(crate) fn has_started(&self) -> bool {
        self.ticket.has(STARTED)
    }

    /// Ends the launch with the result of its body.
    #[inline]
    pub(crate) fn ended(self, end: Result<End, Panic>) {
        if matches!(end, Ok(End::Ok)) {
            // An `Ok` end has nothing to drop, but the compiler would emit the code for it.
            mem::forget(end);
            ManuallyDrop::new(self).count(Class::Ok);
        } else {
            self.ended_otherwise(end);
        }
    }

    /// Out of line: most launches end well, and would otherwise save registers and reserve stack for a report.
    #[cold]
    #[inline(never)]
    fn ended_otherwise(self, end: Result<End, Panic>) {
        match end {
            Ok(End::Ok) => self.end(Class::Ok, None),
            Ok(End::Failed(text)) => self.end(Class::Failed, Some(Event::Failed(&text).into())),
            Ok(End::Handled) => self.end(Class::Failed, None),
            Ok(End::Within(ended)) => self.ended_within(*ended),
            Ok(End::Returned) => self.end(Class::Failed, Some(Event::Returned.into())),
            #[cfg(feature = "durable")]
            Ok(End::Recorded(recorded)) => (recorded.hold)(self, recorded.record),
            Err(panic) => self.end(Class::Panicked, Some(Told::from(&panic))),
        }
    }

    /// Ends the launch with the result of its body, and reports in its context.
    #[cold]
    pub(crate) fn ended_within(mut self, Ended { end, context }: Ended) {
        let told = match &end {
            Ok(End::Failed(text)) => Some(Told::from(Event::Failed(text))),
            Ok(End::Returned) => Some(Event::Returned.into()),
            Ok(_) => None,
            Err(panic) => Some(panic.into()),
        };
        match (told, context) {
            (Some(told), Some(context)) => self.report_within(context, told),
            (_, context) => self.discard(context),
        }
        self.ended(end);
    }

    pub(crate) fn lost(self, loss: Loss) {
        ManuallyDrop::new(self).lose(loss);
    }

    pub(crate) fn refused(mut self, refusal: Refusal) {
        // A refusal concerns the caller, so it is reported in the caller's span.
        self.close_span();
        self.end(Class::Refused, Some(Event::Refused(refusal).into()));
    }

    /// Refuses the launch without a report: the caller gets the arguments back.
    pub(crate) fn give_back<A>(self, args: Option<A>, refusal: Refusal) -> Result<(), Rejected<A>> {
        let Some(args) = args else {
            self.refused(refusal);
            return Ok(());
        };
        self.end(Class::Refused, None);
        Err(Rejected::new(args, refusal))
    }

    /// Returns the loss that a drop of this guard would report now.
    pub(crate) fn loss(&self) -> Loss {
        if self.ticket.has(STARTED) {
            Loss::DroppedWhileRunning
        } else if phase::has_ended() {
            Loss::Abandoned
        } else {
            Loss::NeverRan
        }
    }

    /// Ends a launch that was dropped.
    #[cold]
    #[inline(never)]
    fn dropped(&mut self) {
        self.lose(self.loss());
    }

    fn lose(&mut self, loss: Loss) {
        match self.lost_as(loss) {
            Some(event @ Event::Lost(_)) => self.close(Class::Lost, Some(event.into())),
            Some(event) => self.close(Class::Failed, Some(event.into())),
            None => self.close(Class::Ok, None),
        }
    }

    /// Returns what to report of a dropped launch. A daemon that is dropped after a shutdown began has ended well, so
    /// nothing is reported.
    pub(super) fn lost_as(&self, loss: Loss) -> Option<Event<'static>> {
        if !self.site.is_daemon() {
            Some(Event::Lost(loss))
        } else if phase::has_begun() {
            None
        } else if matches!(loss, Loss::DroppedWhileRunning) {
            Some(Event::Dropped)
        } else {
            Some(Event::Lost(loss))
        }
    }

    fn end(self, class: Class, told: Option<Told<'_>>) {
        ManuallyDrop::new(self).close(class, told);
    }

    /// Reports first and counts last: code that sees a function quiet has seen its reports, and its spans are closed.
    fn close(&mut self, class: Class, told: Option<Told<'_>>) {
        if let Some(told) = told {
            self.report_once(told);
            #[cfg(feature = "durable")]
            if matches!(class, Class::Refused | Class::Failed) {
                crate::durable::misses(self.site);
            }
        }
        self.count(class);
    }

    /// Counts the end. All reports must have been made.
    #[inline]
    fn count(&mut self, class: Class) {
        self.close_span();
        if self.ticket.has(PERMIT) {
            self.site.release();
        }
        #[cfg(feature = "metrics")]
        if self.ticket.since.is_known() {
            let began = self.ticket.has(STARTED).then_some(self.ticket.since);
            meters::ended(self.site, class, began);
        }
        // This comes last: it may wake a waiter, which runs code of its executor.
        self.site.end(class);
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        if !self.ticket.has(PASSED_ON) {
            self.dropped();
        }
    }
}
