//! The rate limit of reports: windows of time, and the thread that reports what was left out.

mod limit;
mod summarizer;
mod windows;

pub(crate) use self::limit::flush;
pub(super) use self::limit::pass;
pub(crate) use self::summarizer::take_at_exit;
pub(super) use self::summarizer::{Outlet, Summarizer};
pub(super) use self::windows::{Limit, Windows};
