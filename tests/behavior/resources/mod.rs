//! Memory stays bounded, and idle threads sleep.

#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod memory;
