//! What holds for one backend, and needs a process of its own.

#[cfg(feature = "durable")]
mod durable;
mod environment;
mod runtime;
#[cfg(target_os = "linux")]
mod tenants;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[
    #[cfg(feature = "durable")]
    durable::SCENARIOS,
    environment::SCENARIOS,
    runtime::SCENARIOS,
    #[cfg(target_os = "linux")]
    tenants::SCENARIOS,
];
