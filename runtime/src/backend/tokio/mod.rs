//! The backend `"tokio"`.

pub(crate) mod built_in;
mod current;
mod in_place;
pub(crate) mod lane;
mod runtime;
mod start;
pub(crate) mod worker;

pub use self::current::set_tokio_handle;
pub(crate) use self::current::{before_blocking, here, is_current_thread_runtime};
