//! What holds for one backend; `suite/` has what holds for all.

mod chosen;
pub(crate) mod custom;
#[cfg(feature = "durable")]
mod durable;
mod environment;
mod executor;
mod pool;
mod runtime;
mod statics;
#[cfg(target_os = "linux")]
mod tenants;
mod threads;
mod tokio;
