//! An observer that gets reports at a limited rate.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::limit::{self, Limit, Outlet, Summarizer, Windows};
use super::report::Report;
use super::set::{self, Observer};
use crate::sync::get_or_make;
use crate::sync::process::OnceLock;

/// Passes reports on to another observer: at most ten a second for each function and each kind of report, as on standard error. Use it
/// for a pager, or for a log that costs money per line.
///
/// A report [`Event::LeftOut`](crate::Event::LeftOut) says how many were left out. It comes before the next report of that function
/// and kind, or at the end of the second if there is none. At the end of a second, the observer gets it on the thread `ff-observer`;
/// at the end of a [`shutdown`](crate::shutdown), on the thread that ends the shutdown. A process that exits without a shutdown prints
/// the number on standard error.
///
/// It limits only what goes to the observer. The [ledger](crate::ledger()) counts every launch.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::{Event, Report, observer};
///
/// let pager = observer::Limited::new(|report: &Report<'_>| match report.event() {
///     Event::Panicked(_) | Event::Lost(_) => println!("page: {report}"),
///     _ => println!("log: {report}"), // what was left out, too
/// });
/// fire_and_forget::set_observer(pager.at_most(3, Duration::from_secs(60)))?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
pub struct Limited<O> {
    shared: Arc<Shared<O>>,
    limit: Limit,
}

impl<O: Observer> Limited<O> {
    /// Limits the reports that go to `observer` to ten a second.
    #[must_use]
    pub fn new(observer: O) -> Self {
        Self {
            shared: Arc::new(Shared {
                observer,
                windows: Windows::new(),
                summarizer: OnceLock::new(),
            }),
            limit: Limit::DEFAULT,
        }
    }

    /// Passes on at most `reports` of each kind for each function in the given time, which begins with the first of them.
    ///
    /// # Panics
    ///
    /// If either is zero.
    #[must_use]
    pub fn at_most(mut self, reports: u32, window: Duration) -> Self {
        assert!(reports > 0, "`at_most(0, …)`: no report would be passed on");
        assert!(
            window > Duration::ZERO,
            "`at_most(_, Duration::ZERO)`: every report would be passed on"
        );
        self.limit = Limit { reports, window };
        self
    }
}

impl<O: Observer> Observer for Limited<O> {
    fn report(&self, report: &Report<'_>) {
        let shared = &self.shared;
        let summarizer = shared.summarizer();
        summarizer.register();
        limit::pass(summarizer, report, self.limit, || {
            shared.observer.report(report);
        });
    }
}

impl<O> fmt::Debug for Limited<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limit { reports, window } = self.limit;
        f.debug_struct("Limited")
            .field("reports", &reports)
            .field("window", &window)
            .finish_non_exhaustive()
    }
}

/// The state that the observer shares with the thread that reports what was left out.
struct Shared<O> {
    observer: O,
    windows: Windows,
    summarizer: OnceLock<&'static Summarizer>,
}

impl<O: Observer> Shared<O> {
    /// Created with the first report, and never freed, because the service thread keeps a reference to it.
    fn summarizer(self: &Arc<Self>) -> &'static Summarizer {
        get_or_make::<&Summarizer>(&self.summarizer, || {
            let outlet = Box::leak(Box::new(Arc::clone(self)));
            Box::leak(Box::new(Summarizer::new(outlet, "ff-observer")))
        })
    }
}

impl<O: Observer> Outlet for Arc<Shared<O>> {
    fn windows(&self) -> &Windows {
        &self.windows
    }

    fn say(&self, left_out: &Report<'_>) {
        set::hand(&self.observer, left_out);
    }
}
