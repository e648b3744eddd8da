//! A launch with its type erased: the guard, the body and its arguments, and what runs or polls them.

pub(crate) mod context;
pub(crate) mod daemon;
pub(crate) mod erased;
pub(crate) mod supervised;
pub(crate) mod task;
pub(crate) mod work;
