//! Where reports go at a limited rate.

use super::windows::Windows;
use crate::report::report::Report;

/// A receiver of reports at a limited rate.
pub(in crate::report) trait Outlet: Send + Sync + 'static {
    /// The counts of each function: how many reports were passed on, and how many were left out.
    fn windows(&self) -> &Windows;

    /// Takes a report that says how many were left out.
    fn say(&self, left_out: &Report<'_>);
}
