//! A report: which function, called from where, and what happened to the launch.

use std::backtrace::Backtrace;
use std::fmt;
use std::panic::Location;

use crate::account::site::Site;
use crate::launch::rejected::Refusal;
use crate::report::place::Place;
use crate::thread::unwind::Panic;

/// What became of one launch, for an [`Observer`](crate::Observer): see [the guide](crate::guide::failures).
///
/// Its `Display` is one line:
///
/// ```text
/// `app::welcome` (src/mail.rs:7) failed: no route; launched at src/api.rs:42
/// ```
///
/// # Examples
///
/// ```
/// use fire_and_forget::Report;
///
/// fire_and_forget::set_observer(|report: &Report<'_>| {
///     // The parts, for a structured log.
///     println!(
///         "function={} backend={} launched_at={} event={:?}",
///         report.function(),
///         report.backend(),
///         report.launched_at(),
///         report.event()
///     );
/// })?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Report<'a> {
    site: &'static Site,
    launched_at: Place<'a>,
    told: Told<'a>,
}

/// The content of a report: an event, and for a panic its place and backtrace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    event: Event<'a>,
    panic: Option<&'a Panic>,
}

impl<'a> Told<'a> {
    pub(crate) fn event(&self) -> Event<'a> {
        self.event
    }
}

impl<'a> From<Event<'a>> for Told<'a> {
    fn from(event: Event<'a>) -> Self {
        Self { event, panic: None }
    }
}

impl<'a> From<&'a Panic> for Told<'a> {
    fn from(panic: &'a Panic) -> Self {
        Self {
            event: Event::Panicked(panic.message()),
            panic: Some(panic),
        }
    }
}

/// Prints the event, and the place of a panic.
impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.panic {
            Some(panic) => panic.fmt(f),
            None => self.event.fmt(f),
        }
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        site: &'static Site,
        launched_at: impl Into<Place<'a>>,
        told: impl Into<Told<'a>>,
    ) -> Self {
        Self {
            site,
            launched_at: launched_at.into(),
            told: told.into(),
        }
    }

    /// Makes the report that so many reports of this function were left out.
    pub(crate) fn left_out(site: &'static Site, reports: u64) -> Self {
        Self::new(site, site.defined_at(), Event::LeftOut(reports))
    }

    /// The name of the function, or what `name = "…"` says: `app::mail::welcome`, and `app::mail::Mail::send` for a method. See
    /// [the guide](crate::guide::failures#names).
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.site.name()
    }

    /// Where the function is written.
    #[must_use]
    pub fn defined_at(&self) -> &'static Location<'static> {
        self.site.defined_at()
    }

    /// The line that called it.
    ///
    /// For a call in a closure, such as `for_each(|to| welcome(to))`, it is the line in the closure. For a call through a function
    /// pointer or a trait object, it is the line where the function is written. For `for_each(welcome)`, it is a line of the standard
    /// library, which makes the call.
    ///
    /// For a durable launch, it is a line of the program that launched it, which may be another program. [`Event::LeftOut`] is about
    /// many launches, and has the line where the function is written.
    #[must_use]
    pub fn launched_at(&self) -> Place<'a> {
        self.launched_at
    }

    /// The name of the backend: `thread`, `pool`, `tokio`, or that of the static given as a path.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        self.site.backend()
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> Event<'a> {
        self.told.event
    }

    /// The line that panicked, after [`hook_panics`](crate::hook_panics).
    ///
    /// It is `None` without that call, because then only the panic hook knows the line. It is also `None` for an event that is not a
    /// panic, and for a panic that [`std::panic::resume_unwind`] resumed.
    #[must_use]
    pub fn panicked_at(&self) -> Option<Place<'a>> {
        self.told.panic?.place()
    }

    /// The backtrace of the panic, after [`hook_panics`](crate::hook_panics), if `RUST_BACKTRACE` asks for one.
    ///
    /// On standard error it is below the line of the report. The report's `Display` is only the line. With `{:#}`, the backtrace has
    /// whole paths, and the frames of the panic itself.
    #[must_use]
    pub fn backtrace(&self) -> Option<&'a Backtrace> {
        self.told.panic?.backtrace()
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn told(&self) -> impl fmt::Display {
        self.told
    }

    pub(crate) fn site(&self) -> &'static Site {
        self.site
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defined = self.defined_at();
        let (function, file, line) = (self.function(), defined.file(), defined.line());
        let Self {
            launched_at, told, ..
        } = self;
        match self.event() {
            Event::LeftOut(_) => write!(f, "`{function}` ({file}:{line}): {told}"),
            _ => write!(
                f,
                "`{function}` ({file}:{line}) {told}; launched at {launched_at}"
            ),
        }
    }
}

/// What a [`Report`] is about.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Event, Report};
///
/// fire_and_forget::set_observer(|report: &Report<'_>| {
///     let level = match report.event() {
///         Event::Panicked(_) | Event::Lost(_) => "error",
///         _ => "warn", // failed, refused, and what is yet to come
///     };
///     println!("{level}: {report}");
/// })?;
/// # Ok::<(), fire_and_forget::AlreadySet>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The body returned an error. It is printed as `{:#}` prints it, so `anyhow` shows the whole chain.
    Failed(&'a dyn fmt::Display),
    /// The function is a [daemon](macro@crate::fire_and_forget#daemon), and its body returned before a
    /// [`shutdown`](crate::shutdown()) began, so its work is no longer done. It counts as failed.
    Returned,
    /// The function is a [daemon](macro@crate::fire_and_forget#daemon), and its running body was dropped before a
    /// [`shutdown`](crate::shutdown()) began, for example because its runtime ended. It counts as failed.
    Dropped,
    /// The body panicked; the text is the panic's message.
    ///
    /// If a destructor of the arguments, the error or the error handler panics, this is reported in addition to how the launch
    /// ended.
    Panicked(&'a str),
    /// It was admitted and did not finish.
    Lost(Loss),
    /// It was never admitted.
    Refused(Refusal),
    /// So many reports of the function, all of one kind, were left out by [`Limited`](crate::observer::Limited) or on
    /// standard error. This report is not about a single launch.
    LeftOut(u64),
    /// A durable job has failed so often that it is not tried again. This is reported once, in addition to its last failure.
    #[cfg(feature = "durable")]
    GivenUp {
        /// How often it was tried.
        attempts: u32,
        /// What the last failure said.
        error: &'a str,
    },
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.debug_tuple("Failed").field(&error.to_string()).finish(),
            Self::Returned => f.write_str("Returned"),
            Self::Dropped => f.write_str("Dropped"),
            Self::Panicked(message) => f.debug_tuple("Panicked").field(message).finish(),
            Self::Lost(loss) => f.debug_tuple("Lost").field(loss).finish(),
            Self::Refused(refusal) => f.debug_tuple("Refused").field(refusal).finish(),
            Self::LeftOut(reports) => f.debug_tuple("LeftOut").field(reports).finish(),
            #[cfg(feature = "durable")]
            Self::GivenUp { attempts, error } => f
                .debug_struct("GivenUp")
                .field("attempts", attempts)
                .field("error", error)
                .finish(),
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "failed: {error:#}"),
            Self::Returned => f.write_str("returned, though it is a daemon"),
            Self::Dropped => f.write_str("was dropped with its runtime, though it is a daemon"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Lost(loss) => write!(f, "was lost: {loss}"),
            Self::Refused(refusal) => write!(f, "was refused: {refusal}"),
            Self::LeftOut(1) => f.write_str("1 more report left out"),
            Self::LeftOut(reports) => write!(f, "{reports} more reports left out"),
            #[cfg(feature = "durable")]
            Self::GivenUp { attempts: 1, error } => {
                write!(f, "was given up after 1 attempt: {error}")
            }
            #[cfg(feature = "durable")]
            Self::GivenUp { attempts, error } => {
                write!(f, "was given up after {attempts} attempts: {error}")
            }
        }
    }
}

/// Why an admitted launch did not finish: see the guide about [stopping](crate::guide::stopping) and
/// [overload](crate::guide::overload).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// A newer launch took its place in a full [`Pool`](crate::Pool) with
    /// [`drop_oldest`](crate::Pool::drop_oldest).
    Evicted,
    /// Its backend or its runtime dropped it before it began.
    NeverRan,
    /// Its runtime dropped it at a point where it was waiting.
    DroppedWhileRunning,
    /// It was still queued at the deadline of [`shutdown`](crate::shutdown).
    Abandoned,
    /// The transaction that it was stored in was rolled back, and with it the job.
    #[cfg(feature = "durable")]
    RolledBack,
    /// It was not in its store at the deadline of [`shutdown`](crate::shutdown). It is in a file, for the next program that opens
    /// the store.
    #[cfg(feature = "durable")]
    Spooled,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Evicted => "a newer launch took its place in the full queue",
            Self::NeverRan => "dropped before it began",
            Self::DroppedWhileRunning => "dropped while it was running",
            Self::Abandoned => "still queued at the deadline of the shutdown",
            #[cfg(feature = "durable")]
            Self::RolledBack => "the transaction it was stored in was rolled back",
            #[cfg(feature = "durable")]
            Self::Spooled => {
                "not stored at the deadline of the shutdown; the spool file keeps it for the next program"
            }
        })
    }
}
