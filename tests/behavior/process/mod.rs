//! What needs a process of its own: each file plays the scenarios of its namesake in `scenario/` and says what they print.

mod play;

mod daemons;
mod destructors;
#[cfg(feature = "durable")]
mod durable;
mod environment;
mod exit;
mod faults;
mod feeding;
mod first_launches;
mod flush;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod fork_handlers;
#[cfg(target_os = "linux")]
mod idle;
mod limited;
#[cfg(target_os = "linux")]
mod memory;
mod observer;
mod panics;
#[cfg(target_os = "linux")]
mod refused_threads;
mod runtime;
mod service;
mod shutdown;
#[cfg(target_os = "linux")]
mod tenants;
#[cfg(target_os = "linux")]
mod thread_keys;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod unload;
