//! What the system does to a process: it forks it, refuses threads, destroys what C libraries keep in threads, unloads libraries.

#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod fork_handlers;
#[cfg(target_os = "linux")]
mod refused_threads;
#[cfg(target_os = "linux")]
mod thread_keys;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod unload;
