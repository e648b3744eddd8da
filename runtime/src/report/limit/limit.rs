//! Reports at a limited rate, whoever takes them: standard error, or an observer in a [`Limited`](crate::observer::Limited).

use super::summarizer::{self, Summarizer};
use super::windows::{Limit, Verdict};
use crate::report::report::Report;

/// Passes the report on, unless its function has had its share of reports of this kind for this while. Per kind, so that a
/// flood of refusals does not hide a loss.
///
/// What is left out is counted, and said when that while is over.
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
        // How many is said when the window ends.
        Verdict::LeaveOutFirst => summarizer.call(),
        Verdict::LeaveOut => {}
    }
}

/// Says at once what has been left out so far: nothing will, later.
pub(crate) fn flush() {
    summarizer::all().for_each(Summarizer::say_all);
}

/// How many reports have been left out and not been said so, for the exit handler, which says it: it must not wait for a lock.
pub(crate) fn take_at_exit() -> u64 {
    summarizer::take_at_exit()
}
