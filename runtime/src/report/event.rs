//! What a report is about, and the words that a line has for it.

use std::fmt;

use crate::launch::rejected::Refusal;

/// What a [`Report`](crate::Report) is about.
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
