//! What the system does to a process: it forks it, refuses threads, destroys what C libraries keep in threads, unloads libraries.

#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod fork_handlers;
#[cfg(unix)]
mod functions;
#[cfg(target_os = "linux")]
mod refused_threads;
#[cfg(target_os = "linux")]
mod thread_keys;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod unload;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[
    #[cfg(unix)]
    fork::SCENARIOS,
    #[cfg(unix)]
    fork_handlers::SCENARIOS,
    #[cfg(target_os = "linux")]
    refused_threads::SCENARIOS,
    #[cfg(target_os = "linux")]
    thread_keys::SCENARIOS,
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unload::SCENARIOS,
];
