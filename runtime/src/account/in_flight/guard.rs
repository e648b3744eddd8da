//! Being in flight is a value: who holds it holds one launch that has not ended.

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

/// One launch that has not ended.
///
/// It ends in one class by one of the consuming methods; dropped before, it is lost. It travels inside the task
/// or the future, so a runtime that goes away and a backend that forgets a task are accounted for without their
/// help.
#[derive(Debug)]
pub struct InFlight {
    pub(super) site: &'static Site,
    pub(super) launched_at: &'static Location<'static>,
    pub(super) ticket: Ticket,
}

impl InFlight {
    /// The guard of a launch that begins next, with [`begin`](Self::begin): nothing may come between.
    ///
    /// Apart from it, so that the guard is made where it will be: what is moved by the caller is code of every
    /// launcher.
    #[inline]
    pub(crate) fn of(site: &'static Site, launched_at: &'static Location<'static>) -> Self {
        Self {
            site,
            launched_at,
            ticket: Ticket::NONE,
        }
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

    /// Moves the launch out: what is left behind does not stand for it any more.
    #[inline]
    pub(crate) fn pass_on(&mut self) -> Self {
        let ticket = self.ticket.take();
        self.ticket.set(PASSED_ON);
        Self::from_parts(self.site, self.launched_at, ticket)
    }

    /// Takes the guard apart; what becomes of the ticket has to stand for the launch.
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

    /// Asks whether the launch may go on to its backend: not while shutting down, not above the function's limit. One
    /// that may is traced from here on.
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

    /// As [`admit`](Self::admit), for a function that sets no limit, on a backend that has no other bound than this.
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

    /// The body is about to run: from here on, being dropped means being interrupted.
    pub(crate) fn start(&mut self) {
        #[cfg(feature = "metrics")]
        if self.ticket.since.is_known() {
            let now = Time::now();
            meters::began(self.site, self.ticket.since, now);
            self.ticket.since = now;
        }
        self.ticket.set(STARTED);
    }

    /// Marks one that no ledger counts, and whose panics reach the test that runs it.
    #[cfg(feature = "testing")]
    pub(crate) fn outside(mut self) -> Self {
        self.ticket.set(OUTSIDE);
        self
    }

    pub(crate) fn is_outside(&self) -> bool {
        self.ticket.has(OUTSIDE)
    }

    /// Did an observer launch it, or what an observer launched? Then what there is to report of it is not for observers.
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

    /// Has the body begun?
    pub(crate) fn has_started(&self) -> bool {
        self.ticket.has(STARTED)
    }

    /// Ends the launch as its body did.
    #[inline]
    pub(crate) fn ended(self, end: Result<End, Panic>) {
        if matches!(end, Ok(End::Ok)) {
            // There is nothing in it to drop, which the compiler does not see.
            mem::forget(end);
            ManuallyDrop::new(self).count(Class::Ok);
        } else {
            self.ended_otherwise(end);
        }
    }

    /// Apart from the way of most launches: what a report needs is not saved and made room for there.
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

    /// Ends the launch as its body did, reported in its context.
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
        // It concerns the caller: the report belongs in its span.
        self.close_span();
        self.end(Class::Refused, Some(Event::Refused(refusal).into()));
    }

    /// Refused, and the caller gets the arguments: it needs no report.
    pub(crate) fn give_back<A>(self, args: Option<A>, refusal: Refusal) -> Result<(), Rejected<A>> {
        let Some(args) = args else {
            self.refused(refusal);
            return Ok(());
        };
        self.end(Class::Refused, None);
        Err(Rejected::new(args, refusal))
    }

    /// What being dropped means now.
    pub(crate) fn loss(&self) -> Loss {
        if self.ticket.has(STARTED) {
            Loss::DroppedWhileRunning
        } else if phase::has_ended() {
            Loss::Abandoned
        } else {
            Loss::NeverRan
        }
    }

    /// It does not go on.
    fn lose(&mut self, loss: Loss) {
        match self.lost_as(loss) {
            Some(event @ Event::Lost(_)) => self.close(Class::Lost, Some(event.into())),
            Some(event) => self.close(Class::Failed, Some(event.into())),
            None => self.close(Class::Ok, None),
        }
    }

    /// What there is to report of a launch that does not go on. Nothing of a daemon, once a shutdown has begun: that is how it ends.
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

    /// Reports first and counts last, so that whoever sees a function quiet has seen its reports, and its spans closed.
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

    /// The last step: what there is to report has been.
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
        // Last: it may wake whoever waits, and that is code of somebody's executor.
        self.site.end(class);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.ticket.has(PASSED_ON) {
            self.lose(self.loss());
        }
    }
}
