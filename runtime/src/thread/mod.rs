//! What a thread knows of itself while it runs code of the user's: whether that is a body, how deep, and how it ends.

pub(crate) mod block_on;
pub(crate) mod body;
pub(crate) mod nesting;
pub(crate) mod panics;
pub(crate) mod thread_name;
pub(crate) mod unwind;
