//! The rate limit of reports, for standard error and for [`Limited`](crate::observer::Limited) observers.

use super::summarizer::{self, Summarizer};
use super::windows::{Limit, Verdict};
use crate::report::report::Report;

/// Passes the report on, unless its function has used up its share of this kind in this window. The share is per kind,
/// so that a flood of refusals does not hide a loss.
///
/// A report that is left out is counted, and the count is reported when the window ends.
pub(in crate::report) fn pass(
    summarizer: &'static Summarizer,
    report: &Report<'_>,
    limit: Limit,
    on: impl FnOnce(),
) {
    match summarizer.windows().admit(report, limit) {
        Verdict::Pass => on(),
        Verdict::PassAfter(left_out) => {
            summarizer
                .outlet()
                .say(&Report::left_out(report.site(), left_out));
            on();
        }
        // The summarizer reports the count when the window ends.
        Verdict::LeaveOutFirst => summarizer.call(),
        Verdict::LeaveOut => {}
    }
}

/// Reports at once what has been left out. A shutdown calls it, because no window ends after that.
pub(crate) fn flush() {
    summarizer::all().for_each(Summarizer::say_all);
}
