//! The rate limit of reports: windows of time, and the thread that reports what was left out.

mod limit;
mod outlet;
mod rate;
mod summarizer;
mod windows;

pub(crate) use self::limit::flush;
pub(super) use self::limit::pass;
pub(super) use self::outlet::Outlet;
pub(super) use self::rate::Limit;
pub(super) use self::summarizer::Summarizer;
pub(crate) use self::summarizer::take_at_exit;
pub(super) use self::windows::Windows;
