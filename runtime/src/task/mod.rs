//! A launch as a value: its guard, and its body with the arguments, with their types erased; and what runs or polls it.

pub(crate) mod context;
pub(crate) mod daemon;
pub(crate) mod erased;
pub(crate) mod supervised;
pub(crate) mod task;
pub(crate) mod work;
