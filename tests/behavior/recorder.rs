//! The observer of this binary: keeps every report under its function's name, for the test that owns the function.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::panic;
use std::sync::{LazyLock, Mutex, MutexGuard, Once};
use std::thread::{self, ThreadId};

use fire_and_forget::{Counts, Entry, Event, Loss, Observer, Refusal, Report, set_observer};

use crate::values::contexts::around;
use crate::values::drops::is_deliberate;

/// Watches the function, or the method as `Type::method`, of the module where this stands.
macro_rules! watch {
    ($function:ident) => {
        $crate::recorder::watch_named(concat!(module_path!(), "::", stringify!($function)))
    };
    ($type:ident::$method:ident) => {
        $crate::recorder::watch_named(concat!(
            module_path!(),
            "::",
            stringify!($type),
            "::",
            stringify!($method)
        ))
    };
}
pub(crate) use watch;

/// See [`watch!`]. To be called before the first launch.
pub(crate) fn watch_named(function: &'static str) -> Watched {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        set_observer(Recorder).unwrap();
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_deliberate(info.payload()) {
                default(info);
            }
        }));
    });
    Watched { function }
}

/// One function, as its ledger row and its reports show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    function: &'static str,
}

impl Watched {
    pub(crate) fn name(self) -> &'static str {
        self.function
    }

    #[track_caller]
    pub(crate) fn entry(self) -> Entry {
        match fire_and_forget::ledger().get(self.function) {
            Some(entry) => entry.clone(),
            None => panic!("`{}` has not launched", self.function),
        }
    }

    #[track_caller]
    pub(crate) fn counts(self) -> Counts {
        self.entry().counts()
    }

    /// Waits until nothing of this function is in flight; its reports have been seen by then.
    #[track_caller]
    pub(crate) fn quiet(self) -> Counts {
        self.wait_until(|counts| counts.in_flight() == 0)
    }

    /// Waits until its row is as wanted.
    #[track_caller]
    pub(crate) fn wait_until(self, is_met: impl Fn(&Counts) -> bool) -> Counts {
        let seen = Cell::new(Counts::default());
        waiting::wait_until(self, || {
            seen.set(self.counts());
            is_met(&seen.get())
        });
        seen.get()
    }

    /// Waits until it is quiet, and compares the row, and the reports as "class: text".
    #[track_caller]
    pub(crate) fn check(self, counts: Counts, reports: &[&str]) {
        assert_eq!(self.quiet(), counts, "`{}`", self.function);
        assert_eq!(self.texts(), reports, "`{}`", self.function);
    }

    pub(crate) fn reports(self) -> Vec<Seen> {
        seen().get(self.function).cloned().unwrap_or_default()
    }

    pub(crate) fn texts(self) -> Vec<String> {
        self.reports().into_iter().map(|seen| seen.text).collect()
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, at {:?}", self.function, self.counts())
    }
}

/// One report.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The whole line.
    pub(crate) line: String,
    /// The event alone.
    pub(crate) text: String,
    pub(crate) class: Class,
    pub(crate) backend: String,
    pub(crate) defined_at: (String, u32),
    pub(crate) launched_at: (String, u32),
    pub(crate) thread: ThreadId,
    /// The contexts that were in force.
    pub(crate) around: String,
}

/// The event without what it borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Failed,
    Panicked,
    Lost(Loss),
    Refused(Refusal),
    Unknown,
}

/// A row of the ledger with zeros left out: `row!(launched: 2, ok: 1, failed: 1)`.
macro_rules! row {
    ($($class:ident: $count:expr),* $(,)?) => {{
        let mut counts = fire_and_forget::Counts::default();
        $(counts.$class = $count;)*
        counts
    }};
}
pub(crate) use row;

struct Recorder;

impl Observer for Recorder {
    fn report(&self, report: &Report<'_>) {
        let place = |location: &panic::Location<'_>| (location.file().to_owned(), location.line());
        let at = report.launched_at();
        let seen_now = Seen {
            line: report.to_string(),
            text: report.event().to_string(),
            class: match report.event() {
                Event::Failed(_) => Class::Failed,
                Event::Panicked(_) => Class::Panicked,
                Event::Lost(loss) => Class::Lost(loss),
                Event::Refused(refusal) => Class::Refused(refusal),
                _ => Class::Unknown,
            },
            backend: report.backend().to_owned(),
            defined_at: place(report.defined_at()),
            launched_at: (at.file().to_owned(), at.line()),
            thread: thread::current().id(),
            around: around(),
        };
        seen()
            .entry(report.function().to_owned())
            .or_default()
            .push(seen_now);
    }
}

fn seen() -> MutexGuard<'static, HashMap<String, Vec<Seen>>> {
    static SEEN: LazyLock<Mutex<HashMap<String, Vec<Seen>>>> = LazyLock::new(Mutex::default);
    SEEN.lock().unwrap()
}
