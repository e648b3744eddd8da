//! The observer that gets all reports; without one, standard error.

use std::cell::Cell;
use std::error::Error;
use std::fmt;

use super::report::Report;
use super::stderr;
use crate::sync::process::{OnceLock, thread_local};
use crate::thread::{body, unwind};

/// Receives a report of every launch that failed, panicked, was lost or was refused.
///
/// A closure that takes a `&Report<'_>` is an observer; see [`set_observer`]. An error that `on_error` takes is not reported, and
/// neither is a launch that `on_full = "reject"` gives back: see [the guide](crate::guide::failures).
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use fire_and_forget::{Event, Observer, Report};
///
/// /// Counts the losses, and prints the rest.
/// struct Alarm;
///
/// static LOSSES: AtomicU64 = AtomicU64::new(0);
///
/// impl Observer for Alarm {
///     fn report(&self, report: &Report<'_>) {
///         match report.event() {
///             Event::Lost(_) => {
///                 LOSSES.fetch_add(1, Ordering::Relaxed);
///             }
///             _ => eprintln!("{report}"),
///         }
///     }
/// }
///
/// fire_and_forget::set_observer(Alarm)?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an observer",
    label = "this does not implement `Observer`",
    note = "pass a closure with the type of its argument, `|report: &fire_and_forget::Report<'_>| …`, or a type of yours \
            that implements `fire_and_forget::Observer`"
)]
pub trait Observer: Send + Sync + 'static {
    /// Takes one report. The default writes it to standard error, as if no observer were set.
    ///
    /// It is called on the thread where the event happened, and holds that thread up: the thread of the body, or for a refusal
    /// the caller's. The launch counts as in flight until this returns. If this panics, the panic is caught, and the report goes
    /// to standard error instead. Two other kinds of report go there, too: those of launches made by an observer, directly or
    /// indirectly, and those that arise while this thread is already reporting.
    fn report(&self, report: &Report<'_>) {
        stderr::write(report);
    }
}

/// A closure takes the reports.
impl<F> Observer for F
where
    F: Fn(&Report<'_>) + Send + Sync + 'static,
{
    fn report(&self, report: &Report<'_>) {
        self(report);
    }
}

/// Sends all further reports to `observer` instead of standard error: to your log, for example.
///
/// A closure has to name the type of its argument, as in the examples. The guide has [more
/// examples](crate::guide::failures#into-your-log).
///
/// # Errors
///
/// [`AlreadySet`], if an observer has been set before. The first one stays.
///
/// # Examples
///
/// ```
/// use fire_and_forget::Report;
///
/// fire_and_forget::set_observer(|report: &Report<'_>| log::warn!("{report}"))?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
///
/// With `tracing`, the parts become fields. The feature `tracing` adds [an observer](crate::observer) that does this.
///
/// ```
/// use fire_and_forget::Report;
///
/// fire_and_forget::set_observer(|report: &Report<'_>| {
///     tracing::warn!(
///         function = report.function(),
///         backend = report.backend(),
///         launched_at = %report.launched_at(),
///         "{}",
///         report.event()
///     );
/// })?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
pub fn set_observer(observer: impl Observer) -> Result<(), AlreadySet> {
    OBSERVER.set(Box::new(observer)).map_err(|_| AlreadySet(()))
}

/// The error of [`set_observer`] and `set_tokio_handle`: something was set before, and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadySet(pub(crate) ());

impl fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already set")
    }
}

impl Error for AlreadySet {}

/// Hands a report to the observer, unless the observer launched it, directly or through other launches: reporting that
/// could launch again, without an end.
#[cold]
pub(crate) fn emit(report: &Report<'_>, is_of_observer: bool) {
    let is_nested = REPORTING.with(|reporting| reporting.replace(true));
    match OBSERVER.get() {
        Some(observer) if !is_nested && !is_of_observer => hand(&**observer, report),
        _ => stderr::write(report),
    }
    REPORTING.with(|reporting| reporting.set(is_nested));
}

/// Calls an observer. Its panic is caught, and the report goes to standard error.
pub(super) fn hand(observer: &dyn Observer, report: &Report<'_>) {
    let is_nested = REPORTING.with(|reporting| reporting.replace(true));
    let _inside = body::enter_observer();
    if let Err(panic) = unwind::catch_to_report(|| observer.report(report)) {
        stderr::write_with(report, format_args!("; the observer {panic}"));
    }
    REPORTING.with(|reporting| reporting.set(is_nested));
}

static OBSERVER: OnceLock<Box<dyn Observer>> = OnceLock::new();

thread_local! {
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}
