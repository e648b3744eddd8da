//! Where reports go: an observer of the user's, or standard error.

mod report;
pub(crate) mod stderr;

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

pub use report::{Event, Loss, Report};

use crate::unwind;

/// Receives a report of every launch that failed, panicked, was lost or was refused.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Observer, Report};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn report(&self, report: &Report<'_>) {
///         println!("job trouble: {report}");
///     }
/// }
///
/// fire_and_forget::set_observer(Log)?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Takes one report.
    ///
    /// Called on the thread where it happened: that of the body, or the caller's for a refusal. The launch counts
    /// as in flight until this returns. A panic in here is caught, and the report goes to standard error instead;
    /// so does a report that arises while this thread is already reporting.
    fn report(&self, report: &Report<'_>) {
        stderr::write(report);
    }
}

/// Sends all further reports to `observer` instead of standard error.
///
/// # Errors
///
/// When an observer has been set before: it stays.
pub fn set_observer(observer: impl Observer) -> Result<(), AlreadySet> {
    OBSERVER.set(Box::new(observer)).map_err(|_| AlreadySet(()))
}

/// Something that can be set once had been set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadySet(pub(crate) ());

impl fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already set")
    }
}

impl Error for AlreadySet {}

/// Hands a report to the observer.
#[cold]
pub(crate) fn emit(report: &Report<'_>) {
    // An observer may launch, and that launch may be refused: without this it would call itself for ever.
    let is_nested = REPORTING.replace(true);
    match OBSERVER.get() {
        Some(observer) if !is_nested => {
            if let Err(panic) = unwind::catch(|| observer.report(report)) {
                stderr::write(report);
                stderr::note(format_args!("the observer panicked: {panic}"));
            }
        }
        _ => stderr::write(report),
    }
    REPORTING.set(is_nested);
}

static OBSERVER: OnceLock<Box<dyn Observer>> = OnceLock::new();

thread_local! {
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}
