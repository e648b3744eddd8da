//! The spans and events of launches, as a subscriber sees them (feature `tracing`).

mod recorded;
mod suite;
