//! The backend `"tokio"`: an `async fn` becomes a task of a tokio runtime, a `fn` runs on the built-in pool inside one.
//!
//! `built_in.rs` has the backend; `runtime.rs` chooses the runtime of a launch: the caller's, else the one that was set, else
//! the crate's own. `start.rs` starts that one, also while the system refuses threads; `in_place.rs` runs tasks on their caller
//! if it refuses all of them. `lane/` queues launches, and spawns them by a task of ours.

pub(crate) mod built_in;
mod flavor;
mod in_place;
pub(crate) mod lane;
mod runtime;
mod start;
pub(crate) mod worker;

pub(crate) use self::flavor::{before_blocking, is_current_thread_runtime};
pub(crate) use self::runtime::here;
pub use self::runtime::set_tokio_handle;
