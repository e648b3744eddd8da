//! A report: which function, called from where, and what happened to the launch.

use std::backtrace::Backtrace;
use std::fmt;
use std::panic::Location;

use crate::account::site::Site;
use crate::report::event::Event;
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
