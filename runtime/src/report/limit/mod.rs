//! The rate limit of reports: windows of time, and the thread that reports what was left out.

mod limit;
mod outlet;
mod rate;
mod summarizer;
mod windows;

pub(super) use self::limit::pass;
pub(crate) use self::limit::{flush, take_at_exit};
pub(super) use self::outlet::Outlet;
pub(super) use self::rate::Limit;
pub(super) use self::summarizer::Summarizer;
pub(super) use self::windows::Windows;
