//! What holds on every backend, for `fn` and `async fn`: suites, each instantiated for each.

#[path = "../../behavior/suite/backends.rs"]
mod backends;

mod instrument;
mod reports;
mod spans;
