//! Where reports go at a limited rate.

use super::windows::Windows;
use crate::report::report::Report;

/// Where reports go at a limited rate.
pub(in crate::report) trait Outlet: Send + Sync + 'static {
    /// What each function has passed on, and what it has left out.
    fn windows(&self) -> &Windows;

    /// Takes the report that says how many were left out.
    fn say(&self, left_out: &Report<'_>);
}
