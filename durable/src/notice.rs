//! What there is to say that no report of a launch says: one line on standard error.

use std::fmt;
use std::io::Write;

/// Says it, and never fails: where nobody listens, nothing is lost.
pub(crate) fn notice(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "fire-and-forget: {line}");
}
