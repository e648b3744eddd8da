//! How code learns that the process stops, and the wakers of what waits for that.

mod stopping;
mod wakers;
pub(crate) use self::stopping::tell;
pub use self::stopping::{Stopping, is_stopping, stopping};
