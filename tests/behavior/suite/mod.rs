//! What holds on every backend, for `fn` and `async fn`: suites, each instantiated for each.

pub(crate) mod backends;

mod arguments;
mod closures;
mod contexts;
mod copies;
mod daemons;
mod failures;
mod launches;
mod limits;
mod panicking_values;
