//! What a wait that gave up tells.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::account::functions;
use crate::account::ledger::Entry;
use crate::account::namesakes::Namesakes;
use crate::account::site::Site;
use crate::report::line::in_one_line;

/// What had not ended when a wait gave up: see [`flush`](crate::flush) and [`shutdown`](crate::shutdown).
///
/// Its `Display` is one line that says why, and names the functions. Its `Debug` is the same line, so that it reads
/// well where `main` returns it, and after `unwrap`. What becomes of what is left: see
/// [the guide](crate::guide::stopping#what-a-deadline-does).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::{WhyUnfinished, fire_and_forget};
///
/// #[fire_and_forget(name = "export")]
/// fn export(stop: std::sync::mpsc::Receiver<()>) {
///     let _ = stop.recv();
/// }
///
/// let (stop, stopped) = std::sync::mpsc::channel();
/// export(stopped);
///
/// let unfinished = fire_and_forget::flush(Duration::from_millis(10)).wait().unwrap_err();
/// assert_eq!(unfinished.reason(), WhyUnfinished::Deadline);
/// assert_eq!(
///     unfinished.to_string(),
///     "the deadline has passed; unfinished: `export` (1 in flight)"
/// );
/// for entry in unfinished.entries() {
///     println!("{} is written at {}", entry.function(), entry.defined_at());
/// }
/// # drop(stop);
/// ```
#[derive(Clone)]
pub struct Unfinished {
    entries: Arc<[Entry]>,
    reason: WhyUnfinished,
}

impl Unfinished {
    /// Why the wait gave up.
    #[must_use]
    pub fn reason(&self) -> WhyUnfinished {
        self.reason
    }

    /// The functions with launches in flight, as they were when the wait gave up. For
    /// [`Pool::flush`](crate::Pool::flush), those whose backend it is; where there
    /// are none, those of backends of yours, which may have handed it their tasks. No daemon is among them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn at_deadline() -> Self {
        Self::now(WhyUnfinished::Deadline)
    }

    pub(crate) fn inside_a_body() -> Self {
        Self::now(WhyUnfinished::InsideBody)
    }

    pub(crate) fn on_a_current_thread_runtime() -> Self {
        Self::now(WhyUnfinished::CurrentThreadRuntime)
    }

    pub(super) fn now(reason: WhyUnfinished) -> Self {
        Self::of(reason, functions::rows().map(Entry::of_function))
    }

    /// What is in flight, of the functions on the backends that are meant.
    pub(crate) fn now_of(reason: WhyUnfinished, is_meant: impl Fn(&Site) -> bool) -> Self {
        let meant = functions::all().filter(|site| is_meant(site));
        Self::of(reason, meant.map(Entry::of_site))
    }

    fn of(reason: WhyUnfinished, entries: impl Iterator<Item = Entry>) -> Self {
        let entries = entries
            .filter(|entry| !entry.is_daemon())
            .filter(|entry| entry.counts().in_flight() > 0)
            .collect();
        Self { entries, reason }
    }

    /// What is left, to be appended to a line.
    pub(crate) fn names(&self) -> impl fmt::Display {
        Names(&self.entries)
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.reason, self.names())
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Unfinished {}

struct Names<'a>(&'a [Entry]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "; unfinished: ";
        let namesakes = Namesakes::among_all();
        for entry in self.0 {
            let place = namesakes.place_of(entry.function(), entry.defined_at());
            write!(f, "{separator}`")?;
            in_one_line(entry.function()).try_for_each(|char| f.write_char(char))?;
            write!(
                f,
                "`{place} ({} {})",
                entry.counts().in_flight(),
                where_it_is(entry)
            )?;
            separator = ", ";
        }
        Ok(())
    }
}

/// What is in flight: a launch, or one half of a durable one.
#[cfg_attr(not(feature = "durable"), expect(unused_variables))]
fn where_it_is(entry: &Entry) -> &'static str {
    #[cfg(feature = "durable")]
    match entry.backend() {
        crate::durable::NAME => return "not in the store",
        crate::durable::WORKER => return "running for the store",
        _ => {}
    }
    "in flight"
}

/// Why a [`Wait`](crate::Wait) gave up: see [`Unfinished::reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhyUnfinished {
    /// The timeout passed first.
    Deadline,
    /// It was called, or waited for, inside a launched body, which would have waited for itself; or inside other code that
    /// a launch waits for: a destructor of its arguments, an observer, an error handler, a destructor of a thread-local
    /// of a worker.
    InsideBody,
    /// This process was [forked](crate#forks-and-libraries) from one that had launched, which alone can finish it.
    Forked,
    /// [`Wait::wait`](crate::Wait::wait) was called on a thread that is in a current-thread tokio runtime, whose tasks would
    /// have stopped. (Which of those threads runs them, tokio does not tell.)
    CurrentThreadRuntime,
}

impl fmt::Display for WhyUnfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "the deadline has passed",
            Self::InsideBody => {
                "a wait inside a launched body would wait for itself: wait outside of launched bodies"
            }
            Self::Forked => {
                "this process was forked from the one in which the launches are in flight"
            }
            Self::CurrentThreadRuntime => {
                "blocking the thread of a current-thread tokio runtime would stop its tasks: \
                 use `.await` in place of `.wait()`"
            }
        })
    }
}
