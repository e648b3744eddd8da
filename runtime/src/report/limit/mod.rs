//! Reports at a limited rate.

mod limit;
mod summarizer;
mod windows;

pub(super) use self::limit::{Outlet, pass};
pub(crate) use self::limit::{flush, take_at_exit};
pub(super) use self::summarizer::Summarizer;
pub(super) use self::windows::{Limit, Windows};
