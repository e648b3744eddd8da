//! The spans and events of launches, as a subscriber sees them (feature `tracing`).

mod recorded;

mod suite;

mod filters;
mod in_place;
mod panics;
mod polls;
mod reports;
