//! The state of a thread that runs code of the user's, in thread-locals: whether it runs a body, how deep calls are nested, and
//! what panicked.

pub(crate) mod block_on;
pub(crate) mod body;
pub(crate) mod nesting;
mod noted;
pub(crate) mod panic_hook;
pub(crate) mod thread_name;
pub(crate) mod unwind;
