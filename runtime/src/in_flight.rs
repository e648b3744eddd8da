//! Being in flight is a value: who holds it holds one launch that has not ended.

use std::mem::{self, ManuallyDrop};
use std::panic::Location;

#[cfg(feature = "durable")]
use crate::context::Ran;
use crate::context::{self, Ended, Kept, run_anyway};
#[cfg(feature = "durable")]
use crate::durable::launched_at;
#[cfg(feature = "metrics")]
use crate::meters::{self, Time};
#[cfg(not(feature = "durable"))]
use crate::observer::report::Place;
use crate::observer::report::Told;
use crate::observer::{self, Event, Loss, Report};
use crate::outcome::End;
use crate::rejected::{Refusal, Rejected};
use crate::site::{Class, On, Site};
#[cfg(feature = "tracing")]
use crate::trace::Traced;
use crate::unwind::Panic;
use crate::{body, shutdown, unwind};

/// One launch that has not ended.
///
/// It ends in one class by one of the consuming methods; dropped before, it is lost. It travels inside the task
/// or the future, so a runtime that goes away and a backend that forgets a task are accounted for without their
/// help.
#[derive(Debug)]
pub struct InFlight {
    site: &'static Site,
    launched_at: &'static Location<'static>,
    ticket: Ticket,
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
        if !shutdown::admits(body::may_launch_on) {
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
            Ok(End::Recorded(record)) => crate::durable::hold(self, *record),
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

    /// Drops arguments that were never used. Their destructors are the user's code: a panic in one is reported and
    /// goes no further.
    pub(crate) fn discard<T>(&self, args: T) {
        if let Err(panic) = unwind::catch_to_report(|| self.in_span(|| drop(args))) {
            self.report_panic(&panic);
        }
    }

    /// Drops what never ran. If that had a context, it is dropped there, and what becomes of the launch reported there:
    /// what ends it does not report again.
    pub(crate) fn give_up(&mut self, drop: impl FnOnce(), event: Event<'_>) {
        let (dropped, mut context) = context::keep(|| self.in_span(drop));
        if let Err(panic) = dropped {
            self.report_in(&mut context, (&panic).into());
        }
        if let Some(context) = context {
            self.report_within(context, event.into());
        }
    }

    /// As [`discard`](Self::discard), in a context.
    #[cfg(feature = "durable")]
    pub(crate) fn discard_in<T>(&self, context: &mut Option<Kept>, args: T) {
        let Ran { result, also } = self.in_span(|| run_anyway(context, || drop(args)));
        for panic in result.err().iter().chain(&also) {
            self.report_in(context, panic.into());
        }
    }

    /// Reports how the launch is about to end, in its context, which is dropped: what ends it does not report again.
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

    /// Reports something in a context.
    fn report_in(&self, context: &mut Option<Kept>, told: Told<'_>) {
        let mut also = None;
        self.report_by(told, |emit| also = run_anyway(context, emit).also);
        if let Some(panic) = also {
            self.report_panic(&panic);
        }
    }

    /// Reports a panic that does not decide how the launch ends: in a destructor, or in an error handler.
    pub(crate) fn report_panic(&self, panic: &Panic) {
        self.report(panic.into());
    }

    /// What being dropped means now.
    pub(crate) fn loss(&self) -> Loss {
        if self.ticket.has(STARTED) {
            Loss::DroppedWhileRunning
        } else if shutdown::has_ended() {
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
    fn lost_as(&self, loss: Loss) -> Option<Event<'static>> {
        if !self.site.is_daemon() {
            Some(Event::Lost(loss))
        } else if shutdown::has_begun() {
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

    /// Reports how it ends, unless that has been done in its context.
    fn report_once(&self, told: Told<'_>) {
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
            self.in_span(|| call(&|| observer::emit(&report, self.is_of_observer())));
        });
    }
}

/// The span of a launch.
#[cfg_attr(
    not(feature = "tracing"),
    expect(clippy::unused_self, reason = "there are spans with the feature alone")
)]
impl InFlight {
    #[inline]
    pub(crate) fn open_span(&mut self) {
        #[cfg(feature = "tracing")]
        launched_at(self.site, self.launched_at.into(), |place| {
            self.ticket.traced.open(self.site, place);
        });
    }

    /// The same for a job, which was launched in the span that is described.
    #[cfg(feature = "durable")]
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables))]
    pub(crate) fn open_span_of_job(&mut self, launched_in: Option<&str>) {
        #[cfg(feature = "tracing")]
        launched_at(self.site, self.launched_at.into(), |place| {
            self.ticket
                .traced
                .open_of_job(self.site, place, launched_in);
        });
    }

    /// Describes the span that it was launched in.
    #[cfg(feature = "durable")]
    pub(crate) fn launched_in(&self) -> Option<&str> {
        #[cfg(feature = "tracing")]
        return self.ticket.traced.launched_in();
        #[cfg(not(feature = "tracing"))]
        None
    }

    /// Runs code in the span of this launch, if it has one.
    #[inline]
    pub(crate) fn in_span<R>(&self, code: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        let _entered = self.ticket.traced.enter();
        code()
    }

    #[inline]
    fn close_span(&mut self) {
        #[cfg(feature = "tracing")]
        self.ticket.traced.close();
    }
}

/// Only a durable job may have been launched elsewhere than its guard says.
#[cfg(not(feature = "durable"))]
#[inline]
fn launched_at<R>(_: &Site, here: Place<'_>, with: impl FnOnce(Place<'_>) -> R) -> R {
    with(here)
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.ticket.has(PASSED_ON) {
            self.lose(self.loss());
        }
    }
}

/// The number of a launch within its function, and in one word with it what has become of it so far: it travels in
/// every task.
#[derive(Debug)]
pub(crate) struct Ticket {
    word: u64,
    /// When it was launched or, once that is so, when its body began; unknown if nothing of it is recorded.
    #[cfg(feature = "metrics")]
    since: Time,
    /// Its span, from when it may go on until it ends.
    #[cfg(feature = "tracing")]
    traced: Traced,
}

/// It holds one of its function's permits.
const PERMIT: u64 = 1;
/// Its body has begun.
const STARTED: u64 = 1 << 1;
/// It is run in a test, outside of the ledger.
const OUTSIDE: u64 = 1 << 2;
/// An observer launched it, or what an observer launched.
const OF_OBSERVER: u64 = 1 << 3;
/// How it is about to end has been reported.
const REPORTED: u64 = 1 << 4;
/// It is that of a daemon, whose backend is to see that.
const DAEMON: u64 = 1 << 5;
/// It is that of a daemon, and its backend has no thread for it.
const WITHOUT_A_THREAD: u64 = 1 << 6;
/// Another guard stands for the launch.
const PASSED_ON: u64 = 1 << 7;
const NUMBER: u64 = 1 << 8;

impl Ticket {
    /// That of a launch which has not begun.
    pub(crate) const NONE: Self = Self {
        word: 0,
        #[cfg(feature = "metrics")]
        since: Time::UNKNOWN,
        #[cfg(feature = "tracing")]
        traced: Traced::NOT,
    };

    #[inline]
    fn begin(&mut self, number: u64) {
        self.word = number.wrapping_mul(NUMBER);
        if body::is_of_observer() {
            self.set(OF_OBSERVER);
        }
        #[cfg(feature = "metrics")]
        {
            self.since = if meters::is_recording() {
                Time::UNKNOWN
            } else {
                Time::now()
            };
        }
    }

    /// The ticket; what is left behind does not stand for the launch.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        Self {
            word: self.word,
            #[cfg(feature = "metrics")]
            since: self.since,
            #[cfg(feature = "tracing")]
            traced: self.traced.take(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.word / NUMBER
    }

    pub(crate) fn mark_as_daemon(&mut self) {
        self.set(DAEMON);
    }

    pub(crate) fn is_of_daemon(&self) -> bool {
        self.has(DAEMON)
    }

    /// Its backend has no thread for it, and gives it back.
    pub(crate) fn has_no_thread(&mut self) {
        self.set(WITHOUT_A_THREAD);
    }

    pub(crate) fn is_without_a_thread(&self) -> bool {
        self.has(WITHOUT_A_THREAD)
    }

    fn has(&self, flag: u64) -> bool {
        self.word & flag != 0
    }

    fn set(&mut self, flag: u64) {
        self.word |= flag;
    }
}
