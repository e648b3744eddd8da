//! The default observer: a line per report on standard error, at most ten a second for each function and kind.

use std::fmt;

use super::Report;
use super::limit::{self, Limit, Outlet, Summarizer, Windows};
use super::line::{note, note_above};
use crate::sync::get_or_make;
use crate::sync::process::OnceLock;

/// Writes the report, unless its function has used up its share of this second.
pub(crate) fn write(report: &Report<'_>) {
    write_with(report, "");
}

/// Writes the report with an addition to the line.
pub(crate) fn write_with(report: &Report<'_>, more: impl fmt::Display) {
    let summarizer = summarizer();
    summarizer.register();
    limit::pass(summarizer, report, Limit::DEFAULT, || {
        note_above(format_args!("{report}{more}"), report.backtrace());
    });
}

struct Stderr {
    windows: Windows,
    summarizer: OnceLock<Summarizer>,
}

static STDERR: Stderr = Stderr {
    windows: Windows::new(),
    summarizer: OnceLock::new(),
};

impl Outlet for Stderr {
    fn windows(&self) -> &Windows {
        &self.windows
    }

    fn say(&self, left_out: &Report<'_>) {
        let most = Limit::DEFAULT.reports;
        note(format_args!(
            "{left_out} (at most {most} a second are written)"
        ));
    }
}

fn summarizer() -> &'static Summarizer {
    get_or_make(&STDERR.summarizer, || Summarizer::new(&STDERR, "ff-stderr"))
}
