//! Where bodies run: the traits of a backend and of an executor, and those that come with the crate.

pub(crate) mod backend;
mod chosen;
pub(crate) mod daemon_fits;
#[cfg(feature = "durable")]
pub mod durable;
mod executor;
pub(crate) mod lane;
pub(crate) mod on;
mod pool;
mod thread_start;
mod threads;
#[cfg(feature = "tokio")]
pub(crate) mod tokio;

pub(crate) use self::backend::ByLauncher;
pub use self::backend::{Backend, backend};
pub use self::chosen::{Choose, Expression, choose};
pub use self::executor::Executor;
pub use self::pool::{Pool, built_in as built_in_pool};
pub use self::threads::{Threads, built_in as built_in_threads};
